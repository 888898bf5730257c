import com.sun.net.httpserver.HttpServer;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.channels.*;
import java.nio.file.Path;
import java.util.concurrent.Executors;

/** Says where it listens: `echo=PORT selector=PORT http=PORT datagrams=PORT ready`. Ends when a client asks for /stop. */
public class Server {
    public static void main(String[] arguments) throws Exception {
        InetAddress local = InetAddress.getLoopbackAddress();
        ServerSocket echo = new ServerSocket(0, 50, local);
        thread(() -> {
            while (true) {
                Socket socket = echo.accept();
                thread(() -> {
                    try (socket) {
                        socket.getInputStream().transferTo(socket.getOutputStream());
                        socket.shutdownOutput();
                    }
                });
            }
        });

        ServerSocketChannel acceptor = ServerSocketChannel.open().bind(new InetSocketAddress(local, 0));
        thread(() -> select(acceptor));

        ServerSocketChannel unix = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        unix.bind(UnixDomainSocketAddress.of(Path.of("java.sock")));
        thread(() -> select(unix));

        DatagramSocket datagrams = new DatagramSocket(0, local);
        thread(() -> {
            while (true) {
                DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
                datagrams.receive(packet);
                datagrams.send(packet);
            }
        });

        HttpServer http = HttpServer.create(new InetSocketAddress(local, 0), 0);
        http.setExecutor(Executors.newFixedThreadPool(8));
        http.createContext("/", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            byte[] answer = (exchange.getRequestURI() + " " + body.length).getBytes();
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
            if (exchange.getRequestURI().getPath().equals("/stop")) {
                new Thread(() -> System.exit(7)).start();
            }
        });
        http.start();
        int selector = ((InetSocketAddress) acceptor.getLocalAddress()).getPort();
        System.out.println("echo=" + echo.getLocalPort() + " selector=" + selector + " http=" + http.getAddress().getPort()
                + " datagrams=" + datagrams.getLocalPort() + " ready");
    }

    /** An echo server in one thread. */
    static void select(ServerSocketChannel acceptor) throws Exception {
        Selector selector = Selector.open();
        acceptor.configureBlocking(false);
        acceptor.register(selector, SelectionKey.OP_ACCEPT);
        while (true) {
            selector.select();
            for (SelectionKey key : selector.selectedKeys()) {
                if (key.isAcceptable()) {
                    SocketChannel channel = acceptor.accept();
                    channel.configureBlocking(false);
                    channel.register(selector, SelectionKey.OP_READ, ByteBuffer.allocate(4096));
                    continue;
                }
                SocketChannel channel = (SocketChannel) key.channel();
                ByteBuffer buffer = (ByteBuffer) key.attachment();
                boolean ended = channel.read(buffer) < 0;
                buffer.flip();
                channel.write(buffer);
                buffer.compact();
                if (ended && buffer.position() == 0) {
                    channel.close();
                } else {
                    key.interestOps(buffer.position() > 0 ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
                }
            }
            selector.selectedKeys().clear();
        }
    }

    interface Work {
        void run() throws Exception;
    }

    static void thread(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (Exception exception) {
                exception.printStackTrace();
            }
        });
        thread.setDaemon(true);
        thread.start();
    }
}
