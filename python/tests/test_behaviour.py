"""What tests of the standard module do not ask for: explanations, batches, the PCB view, signals, the interpreter lock."""

import doctest
import errno
import importlib
import os
import pickle
import pkgutil
import signal
import socket as standard
import subprocess
import sys
import threading
import traceback
import unittest

import bsock


def refused():
    """The exception of a connection to nobody."""
    with bsock.socket() as client:
        try:
            client.connect(("127.0.0.1", 1))
        except ConnectionRefusedError as failure:
            return failure


class Explanations(unittest.TestCase):
    def test_says_what_was_asked_and_why_it_failed(self):
        failure = refused()
        self.assertRegex(failure.bsock_explanation, r"^connect\(\d+, 127\.0\.0\.1:1, 16\): ECONNREFUSED: .*start the server")
        self.assertEqual(failure.__notes__, [failure.bsock_explanation])

    def test_everything_else_is_as_always(self):
        failure = refused()
        self.assertEqual(str(failure), "[Errno 111] Connection refused")
        self.assertEqual((type(failure).__name__, type(failure).__module__), ("ConnectionRefusedError", "builtins"))
        self.assertEqual(failure.args, (errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED)))

    @unittest.skipIf(sys.version_info < (3, 11), "notes are Python 3.11's")
    def test_a_traceback_ends_with_it(self):
        failure = refused()
        failure.add_note("mine")
        lines = "".join(traceback.format_exception(failure)).splitlines()
        self.assertEqual(lines[-3:], [f"ConnectionRefusedError: {failure}", failure.bsock_explanation, "mine"])

    @unittest.skipIf(sys.version_info < (3, 11), "notes are Python 3.11's")
    def test_an_exception_that_nobody_catches_is_printed_with_it(self):
        script = "import bsock; bsock.socket().connect(('127.0.0.1', 1))"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
        self.assertIn("ConnectionRefusedError: [Errno 111] Connection refused\nconnect(", done.stderr)

    def test_it_is_about_that_failure_or_nothing(self):
        first, second = refused(), None
        try:
            bsock.close(-1)
        except OSError as failure:
            second = failure
        self.assertIsNone(first.bsock_explanation)
        self.assertEqual(first.__notes__, [])
        self.assertRegex(second.bsock_explanation, r"^close\(-1\): EBADF")

    def test_another_thread_does_not_get_its_own(self):
        failure, answers = refused(), []
        thread = threading.Thread(target=lambda: answers.append(failure.bsock_explanation))
        thread.start()
        thread.join()
        self.assertEqual(answers, [None])

    def test_waiting_is_not_explained(self):
        one, other = bsock.socketpair()
        with one, other:
            for seconds, expected in ((0, BlockingIOError), (0.001, bsock.timeout)):
                one.settimeout(seconds)
                with self.assertRaises(expected) as raised:
                    one.recv(1)
                self.assertFalse(hasattr(raised.exception, "bsock_explanation"))

    def test_pickled_as_pythons_own(self):
        failure = refused()
        copy = pickle.loads(pickle.dumps(failure))
        self.assertIs(type(copy), ConnectionRefusedError)
        self.assertEqual((copy.args, copy.bsock_explanation), (failure.args, failure.bsock_explanation))


class Batches(unittest.TestCase):
    def setUp(self):
        self.receiver = bsock.socket(type=bsock.SOCK_DGRAM)
        self.addCleanup(self.receiver.close)
        self.receiver.bind(("127.0.0.1", 0))
        self.sender = bsock.socket(type=bsock.SOCK_DGRAM)
        self.addCleanup(self.sender.close)
        self.sender.bind(("127.0.0.1", 0))

    def test_borders_and_senders_are_kept(self):
        messages = [b"one", bytearray(b"two"), b"", memoryview(b"three")[1:]]
        self.assertEqual(self.sender.send_many(messages, self.receiver.getsockname()), 4)
        sender = self.sender.getsockname()
        expected = [(b"one", sender), (b"two", sender), (b"", sender), (b"hree", sender)]
        self.assertEqual(self.receiver.recvfrom_many(10, 64), expected)

    def test_no_more_than_asked_for(self):
        self.sender.connect(self.receiver.getsockname())
        self.sender.send_many([b"%d" % number for number in range(10)])
        self.assertEqual(self.receiver.recv_many(4, 64), [b"0", b"1", b"2", b"3"])
        self.assertEqual(self.receiver.recv_many(3, 64), [b"4", b"5", b"6"])
        self.assertEqual(self.receiver.recv_many(1024, 64), [b"7", b"8", b"9"])

    def test_what_does_not_fit_is_cut(self):
        self.sender.send_many([b"abcdef", b"xy"], self.receiver.getsockname())
        self.assertEqual(self.receiver.recv_many(2, 3), [b"abc", b"xy"])

    def test_timeout_and_nothing_there(self):
        self.receiver.settimeout(0.001)
        self.assertRaises(bsock.timeout, self.receiver.recv_many, 2, 3)
        self.receiver.setblocking(False)
        self.assertRaises(BlockingIOError, self.receiver.recv_many, 2, 3)

    def test_bad_arguments(self):
        for count, size in ((0, 1), (1025, 1), (-1, 1), (1, -1), (1024, 2**40)):
            self.assertRaises(ValueError, self.receiver.recv_many, count, size)
        self.assertRaises(TypeError, self.sender.send_many, ["text"], self.receiver.getsockname())
        self.assertEqual(self.sender.send_many([]), 0)
        with self.assertRaises(OSError) as raised:
            self.sender.send_many([b"not connected"])
        self.assertEqual(raised.exception.errno, errno.EDESTADDRREQ)

    def test_many_threads_have_rooms_of_their_own(self):
        pairs = [bsock.socketpair(type=bsock.SOCK_DGRAM) for _ in range(4)]
        wrong = []

        def converse(number):
            one, other = pairs[number]
            with one, other:
                for turn in range(200):
                    messages = [b"%d %d" % (number, turn)] * 5
                    one.send_many(messages)
                    if other.recv_many(5, 32) != messages:
                        wrong.append(number)

        threads = [threading.Thread(target=converse, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


class PcbView(unittest.TestCase):
    def test_states_addresses_and_what_was_not_received(self):
        with bsock.create_server(("127.0.0.1", 0)) as server:
            address = server.getsockname()
            with bsock.create_connection(address) as client:
                connection, peer = server.accept()
                with connection:
                    client.sendall(b"hello")
                    bsock.pcb(connection)
                    self.assertEqual(connection.recv(5, bsock.MSG_PEEK | bsock.MSG_WAITALL), b"hello")
                    block = bsock.pcb(connection)
                    self.assertEqual((block.tcp_state, block.unread), ("ESTABLISHED", 5))
                    self.assertEqual((block.local, block.remote), (address, peer))
                    fds = [block.fd for block in bsock.pcbs()]
                    self.assertLessEqual({server.fileno(), client.fileno(), connection.fileno()}, set(fds))
            self.assertTrue(bsock.pcb(server.fileno()).listening)

    def test_of_no_socket(self):
        with open(os.devnull) as file, self.assertRaises(OSError) as raised:
            bsock.pcb(file)
        self.assertEqual(raised.exception.errno, errno.ENOTSOCK)


class SignalsAndThreads(unittest.TestCase):
    def test_a_handler_runs_and_the_call_goes_on(self):
        one, other = bsock.socketpair()
        ran = []

        def handler(number, frame):
            ran.append(number)
            other.send(b"from the handler")

        previous = signal.signal(signal.SIGALRM, handler)
        self.addCleanup(signal.signal, signal.SIGALRM, previous)
        with one, other:
            for seconds in (None, 60):
                one.settimeout(seconds)
                signal.setitimer(signal.ITIMER_REAL, 0.01)
                self.assertEqual(one.recv(100), b"from the handler")
        self.assertEqual(ran, [signal.SIGALRM] * 2)

    def test_an_exception_of_a_handler_ends_the_call(self):
        def handler(number, frame):
            raise KeyError(number)

        previous = signal.signal(signal.SIGALRM, handler)
        self.addCleanup(signal.signal, signal.SIGALRM, previous)
        one, other = bsock.socketpair()
        with one, other:
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            self.assertRaises(KeyError, one.recv, 100)

    def test_another_thread_runs_while_one_waits(self):
        # Every call that can wait; each comes back only because the main thread does something meanwhile.
        def waits(sock):
            buffer = bytearray(10)
            yield lambda: sock.recv(10)
            yield lambda: sock.recv(100000)
            yield lambda: sock.recv_into(buffer)
            yield lambda: sock.recvfrom(10)
            yield lambda: sock.recvfrom_into(buffer)
            yield lambda: sock.recvmsg(10)
            yield lambda: sock.recvmsg_into([buffer])
            yield lambda: sock.recv_many(2, 10)

        one, other = bsock.socketpair()
        with one, other:
            for seconds in (None, 60):
                one.settimeout(seconds)
                for call in waits(one):
                    thread = threading.Thread(target=call)
                    thread.start()
                    other.send(b"x")
                    thread.join(60)
                    self.assertFalse(thread.is_alive())

    def test_accept_and_connect_give_the_lock_up(self):
        with bsock.create_server(("127.0.0.1", 0)) as server:
            accepted = []
            thread = threading.Thread(target=lambda: accepted.append(server.accept()[0]))
            thread.start()
            with bsock.create_connection(server.getsockname()):
                thread.join(60)
            accepted[0].close()


class Data(unittest.TestCase):
    def test_large_data_of_all_kinds_arrives(self):
        data = os.urandom(3_000_000)
        one, other = bsock.socketpair()
        for kind in (bytes, bytearray, memoryview, lambda data: memoryview(bytearray(data))):
            thread = threading.Thread(target=one.sendall, args=(kind(data),))
            thread.start()
            received = bytearray()
            for size in (1, 2, 100, 8192, 8193, 65536):
                received += other.recv(size)
            while len(received) < len(data):
                received += other.recv(1 << 20)
            thread.join()
            self.assertEqual(bytes(received), data)
        one.close()
        other.close()

    def test_what_was_received_stays_as_it_is(self):
        one, other = bsock.socketpair()
        with one, other:
            kept = []
            for size in (0, 1, 2, 5, 20000):
                one.send(b"hello")
                kept.append(other.recv(size) + (other.recv(20000) if size < 5 else b""))
            self.assertEqual(kept, [b"hello"] * 5)
            self.assertEqual(bytes(1), b"\0")

    def test_addresses_are_the_standard_modules(self):
        for family, address in ((bsock.AF_INET, ("127.0.0.1", 0)), (bsock.AF_INET6, ("::1", 0, 0, 0)), (bsock.AF_UNIX, "")):
            with bsock.socket(family) as ours:
                try:
                    ours.bind(address)
                except OSError as failure:
                    if failure.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                        continue
                    raise
                with standard.socket(fileno=os.dup(ours.fileno())) as theirs:
                    self.assertEqual(ours.getsockname(), theirs.getsockname())


class Documentation(unittest.TestCase):
    def test_examples(self):
        names = [bsock.__name__, *(module.name for module in pkgutil.walk_packages(bsock.__path__, "bsock."))]
        attempted = 0
        for name in names:
            result = doctest.testmod(importlib.import_module(name))
            self.assertEqual(result.failed, 0, name)
            attempted += result.attempted
        self.assertGreater(attempted, 40)


if __name__ == "__main__":
    unittest.main()
