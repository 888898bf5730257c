"""Programs of a networking course with `import bsock as socket` and nothing else changed, in every combination of
server and client over bsock and over the standard module.
"""

import contextlib
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import bsock

PROGRAMS = Path(__file__).with_name("programs")
COURSE_PORT, IMPORT = "8989", "import bsock as socket"


@contextlib.contextmanager
def program(name, port, module):
    """A program with the test's own port in it, over one of the modules."""
    source = (PROGRAMS / name).read_text(encoding="utf-8")
    assert COURSE_PORT in source and IMPORT in source
    source = source.replace(COURSE_PORT, str(port)).replace(IMPORT, f"import {module} as socket")
    with tempfile.NamedTemporaryFile("w", suffix=".py", encoding="utf-8") as file:
        file.write(source)
        file.flush()
        process = subprocess.Popen(
            [sys.executable, "-X", "utf8", file.name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def free_port(kind):
    """A port that nobody has just now. The programs choose theirs themselves, so it cannot be kept for them."""
    with bsock.socket(bsock.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Programs(unittest.TestCase):
    """Each pair, four times."""

    def converse(self, name, kind, typed, expected):
        for server_module in ("bsock", "socket"):
            for client_module in ("bsock", "socket"):
                with self.subTest(server=server_module, client=client_module):
                    port = free_port(kind)
                    with program(f"{name}_server.py", port, server_module) as server:
                        self.assertEqual(server.stdout.readline(), "ready\n")
                        with program(f"{name}_client.py", port, client_module) as client:
                            output, errors = client.communicate(typed, timeout=60)
                    self.assertEqual((output, client.returncode), (expected, 0), errors)

    def test_tcp_repeater(self):
        expected = "复读机: hello\n复读机: 你好\n\n"
        self.converse("tcp_repeater", bsock.SOCK_STREAM, "hello\n你好\nq\n", expected)

    def test_udp_repeater(self):
        self.converse("udp_repeater", bsock.SOCK_DGRAM, "hello\n你好\nq\n", "复读机: hello\n复读机: 你好\n")

    def test_tcp_title(self):
        self.converse("tcp_title", bsock.SOCK_STREAM, "one two\n\nthree\nq\n", "One Two\nThree\n")

    def test_udp_title(self):
        self.converse("udp_title", bsock.SOCK_DGRAM, "one two\nthree\nq\n", "One Two\nThree\n")

    def test_timestamp(self):
        self.converse("timestamp", bsock.SOCK_STREAM, "", time.ctime(0) + "\n")


if __name__ == "__main__":
    unittest.main()
