import java.io.ByteArrayOutputStream;
import java.net.*;
import java.net.http.*;
import java.nio.ByteBuffer;
import java.nio.channels.*;
import java.nio.file.Path;
import java.util.*;
import java.util.concurrent.*;

/** Talks to Server; its argument is the line that Server said. Prints the same each time. */
public class Client {
    static final InetAddress LOCAL = InetAddress.getLoopbackAddress();

    public static void main(String[] arguments) throws Exception {
        Map<String, Integer> ports = new HashMap<>();
        for (String word : arguments[0].split(" ")) {
            String[] pair = word.split("=");
            if (pair.length == 2) ports.put(pair[0], Integer.parseInt(pair[1]));
        }
        ExecutorService pool = Executors.newFixedThreadPool(16);
        for (String name : List.of("echo", "selector")) {
            List<Future<Integer>> lengths = new ArrayList<>();
            for (int size = 1; size < 2_000_000; size *= 3) {
                int bytes = size;
                lengths.add(pool.submit(() -> stream(ports.get(name), bytes)));
            }
            for (Future<Integer> length : lengths) System.out.println(name + " " + length.get());
        }
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(Path.of("java.sock")))) {
            channel.write(ByteBuffer.wrap("a UNIX socket".getBytes()));
            ByteBuffer buffer = ByteBuffer.allocate(13);
            while (buffer.hasRemaining() && channel.read(buffer) >= 0) {}
            System.out.println(new String(buffer.array()));
        }
        try (DatagramSocket socket = new DatagramSocket(0, LOCAL)) {
            socket.connect(LOCAL, ports.get("datagrams"));
            for (int number = 0; number < 20; number++) {
                byte[] bytes = ("datagram " + number).getBytes();
                socket.send(new DatagramPacket(bytes, bytes.length));
                DatagramPacket packet = new DatagramPacket(new byte[100], 100);
                socket.receive(packet);
                System.out.println(new String(packet.getData(), 0, packet.getLength()));
            }
            socket.setSoTimeout(50);
            try {
                socket.receive(new DatagramPacket(new byte[1], 1));
            } catch (SocketTimeoutException exception) {
                System.out.println(exception.getMessage());
            }
        }
        interrupted();
        http(ports.get("http"), pool);
        try (ServerSocket socket = new ServerSocket(ports.get("echo"), 1, LOCAL)) {
            System.out.println("bound twice");
        } catch (BindException exception) {
            System.out.println(exception.getMessage());
        }
        get(HttpClient.newHttpClient(), ports.get("http"), "/stop", "");
        pool.shutdown();
    }

    /** Sends so many bytes and counts those that come back, before and after the end of what is sent. */
    static int stream(int port, int size) throws Exception {
        try (Socket socket = new Socket(LOCAL, port)) {
            Thread sender = new Thread(() -> {
                try {
                    socket.getOutputStream().write(new byte[size]);
                    socket.shutdownOutput();
                } catch (Exception exception) {
                    exception.printStackTrace();
                }
            });
            sender.start();
            ByteArrayOutputStream received = new ByteArrayOutputStream();
            socket.getInputStream().transferTo(received);
            sender.join();
            return received.size();
        }
    }

    /** A thread that waits in accept learns that the socket was closed: the machine wakes it by a signal. */
    static void interrupted() throws Exception {
        ServerSocket socket = new ServerSocket(0, 1, LOCAL);
        CountDownLatch begun = new CountDownLatch(1);
        Thread thread = new Thread(() -> {
            try {
                begun.countDown();
                socket.accept();
            } catch (Exception exception) {
                // Its message tells whether the thread had come to wait.
                System.out.println(exception.getClass());
            }
        });
        thread.start();
        begun.await();
        socket.close();
        thread.join();
    }

    static void http(int port, ExecutorService pool) throws Exception {
        HttpClient client = HttpClient.newBuilder().executor(pool).version(HttpClient.Version.HTTP_1_1).build();
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int number = 0; number < 50; number++) {
            HttpRequest request = request(port, "/" + number, "x".repeat(number * 1000));
            answers.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
        }
        for (CompletableFuture<HttpResponse<String>> answer : answers) System.out.println(answer.get().body());
    }

    static HttpRequest request(int port, String path, String body) {
        URI where = URI.create("http://127.0.0.1:" + port + path);
        return HttpRequest.newBuilder(where).POST(HttpRequest.BodyPublishers.ofString(body)).build();
    }

    static void get(HttpClient client, int port, String path, String body) throws Exception {
        System.out.println(client.send(request(port, path, body), HttpResponse.BodyHandlers.ofString()).body());
    }
}
