"""Odd arguments for every function and method: the exception types of the standard module, and no crash."""

import subprocess
import sys
import tempfile
import unittest

FUZZ = r'''
import itertools, os, random, socket as standard, sys, warnings
import bsock

warnings.simplefilter("ignore")
random.seed(int(sys.argv[1]))

class Index:
    def __index__(self): return 3
class Broken:
    def __index__(self): raise ZeroDivisionError
    def __len__(self): raise ZeroDivisionError

ODD = [
    None, True, 0, 1, -1, 2**31 - 1, 2**31, -2**31 - 1, 2**32, 2**63, -2**64, 0.0, 1.5, float("nan"), float("inf"), "", "x",
    "a\0b", "\udcff", b"", b"x", b"a\0b", bytearray(b"yy"), bytearray(), memoryview(b"ro"), memoryview(bytearray(8)),
    memoryview(bytearray(8))[::2], [], [b"x"], [None], (), ("127.0.0.1", 1), ("127.0.0.1", -1), ("127.0.0.1", 2**40),
    ("127.0.0.1", "1"), ("127.0.0.1", 1, 0, 0), ("a\0", 1), (None, 1), ("::1", 1, 2**40), {}, set(), object(), Index(),
    Broken(), type, Ellipsis, [(1, 1, b"x")], [(1, 2)], [(2**40, 1, b"x")], 'x' * 200, b"\0" * 200,
]
if sys.version_info < (3, 10):  # Which still takes a float for an integer here and there, with a warning.
    ODD = [odd for odd in ODD if not isinstance(odd, (float, Broken))]
# What would wait for ever, change the machine, or close what the test itself needs.
NEVER = {"sethostname", "close", "fromfd", "dup", "fromshare", "socket", "SocketType", "setdefaulttimeout"}
# sendmsg_afalg looks at the socket's family before its arguments, which a function in Python cannot.
METHODS = [name for name in dir(standard.socket) if not name.startswith("_") and name not in {
    "family", "type", "proto", "timeout", "close", "detach", "accept", "sendmsg_afalg"}]
FUNCTIONS = [name for name in standard.__all__ if callable(getattr(standard, name)) and not isinstance(
    getattr(standard, name), type) and name not in NEVER and not name.startswith(("gethost", "getfqdn", "getaddr", "create_"))]

def outcome(call, arguments):
    try:
        result = call(*arguments)
    except Exception as error:
        return type(error).__name__, getattr(error, "errno", None)
    finally:
        for argument in arguments:
            if isinstance(argument, bytearray): argument[:] = argument
    return "result", None

def forget_paths():  # Those that `bind` has made.
    for name in os.listdir(): os.unlink(name)

def sockets(module):
    one, other = module.socketpair()
    udp, tcp = module.socket(type=module.SOCK_DGRAM), module.socket()
    shut = module.socket(); shut.close()
    six = module.socket(module.AF_INET6) if module.has_ipv6 else module.socket()
    everything = [one, udp, tcp, shut, six]
    for sock in everything:
        if sock.fileno() >= 0: sock.settimeout(0)
    return everything, other

different = {}
count = 0
for turn in range(int(sys.argv[2])):
    if random.random() < 0.25:
        name, which = random.choice(FUNCTIONS), None
        arguments = random.choices(ODD, k=random.randrange(4))
        results = [outcome(getattr(module, name), arguments) for module in (standard, bsock)]
    else:
        name, which = random.choice(METHODS), random.randrange(5)
        arguments = random.choices(ODD, k=random.randrange(5))
        if name.startswith("recv"):  # Gigabytes of memory are no error, and `-X dev` fills them in.
            arguments = [argument for argument in arguments if type(argument) is not int or not 2**31 - 1 <= argument <= 2**32]
        results = []
        for module in (standard, bsock):
            everything, other = sockets(module)
            results.append(outcome(getattr(everything[which], name), arguments))
            for sock in [*everything, other]: sock.close()
            forget_paths()
    count += 1
    if results[0] != results[1]:
        different.setdefault((name, which), []).append((arguments, results))
for where, cases in different.items():
    print(where, *cases[0], len(cases))
print(count, "calls", sum(map(len, different.values())), "different")
for name in ("send_many", "recv_many", "recvfrom_many"):
    for arguments in itertools.product(ODD, repeat=2):
        everything, other = sockets(bsock)
        outcome(getattr(everything[0], name), arguments)
        for sock in [*everything, other]: sock.close()
for argument in ODD:
    outcome(bsock.pcb, [argument])
'''


class BadInput(unittest.TestCase):
    def test_the_same_exceptions_as_the_standard_module(self):
        command = [sys.executable, "-X", "dev", "-X", "faulthandler", "-W", "ignore", "-c", FUZZ, "1", "8000"]
        with tempfile.TemporaryDirectory() as directory:
            done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout, "8000 calls 0 different\n")


if __name__ == "__main__":
    unittest.main()
