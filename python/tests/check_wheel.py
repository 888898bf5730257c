"""The wheel as a new user gets it: installed into a fresh environment, without network, and used there.

    python3 python/tests/check_wheel.py target/wheels/bsock-*.whl [REPEATER_SERVER REPEATER_CLIENT]

With the two programs of c-examples, the Python examples converse with them, too.
"""

import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"
PAIR = """
import bsock as socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
connection, _ = server.accept()
client.sendall("你好".encode())
print(connection.recv(100).decode(), socket.__file__, socket.pcb(client).tcp_state)
for s in (connection, client, server): s.close()
"""


def clean_environment():
    """Nothing that would lead to another package or library."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("BSOCK", "PYTHON", "LD_"))}


def converse(server_command, client_command):
    """What a client prints that talks to a server about two lines."""
    environment = {**clean_environment(), "PYTHONUTF8": "1"}
    # Every server says where it listens.
    server = subprocess.Popen([*server_command, "0"], stdout=subprocess.PIPE, text=True, env=environment)
    try:
        port = server.stdout.readline().rpartition(":")[2].strip()
        client = subprocess.run(
            [*client_command, port], input="hello\n你好\nq\n", capture_output=True, text=True, timeout=60, env=environment,
            check=False,
        )
        assert client.returncode == 0, client.stderr
        return client.stdout
    finally:
        server.kill()
        server.communicate()


def main(wheel, programs):
    names = zipfile.ZipFile(wheel).namelist()
    assert {"bsock/libbsock.so", "bsock/py.typed", "bsock/__init__.py"} <= set(names), names
    assert "-py3-none-manylinux_2_" in wheel, wheel
    with tempfile.TemporaryDirectory() as directory:
        venv.create(directory, with_pip=True)
        python = str(Path(directory, "bin/python"))
        install = [python, "-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check", wheel]
        subprocess.run(install, check=True, env=clean_environment())
        done = subprocess.run(
            [python, "-W", "error", "-X", "utf8", "-c", PAIR], capture_output=True, text=True, timeout=60,
            env=clean_environment(), cwd=directory, check=False,
        )
        assert done.returncode == 0 and done.stdout.startswith(f"你好 {directory}"), (done.stdout, done.stderr)
        print(f"{Path(wheel).name}: installed and used")
        server, client = [[python, str(EXAMPLES / f"repeater_{end}.py")] for end in ("server", "client")]
        pairs = {"Python server, Python client": (server, client)}
        if programs:
            pairs["C server, Python client"] = ([programs[0]], client)
            pairs["Python server, C client"] = (server, [programs[1]])
        for name, (one, other) in pairs.items():
            printed = converse(one, other)
            assert "hello" in printed and "你好" in printed, (name, printed)
            print(f"{name}: converse")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
