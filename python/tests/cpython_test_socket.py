"""CPython's own test_socket, with the standard module and with bsock in its place, and the two compared.

    PYTHONPATH=python BSOCK_LIBRARY=target/release/libbsock.so python3 python/tests/cpython_test_socket.py

No test is skipped or changed. A test counts if it passes with the standard module on this machine. Those that then do
not pass with bsock have to be in test_socket_differences.txt, each with its reason; and what is in there has to differ.

The tests run one after the other in a child, which tells how each ended. One that says nothing for a long time hangs (with the
standard module, too: AF_VSOCK on machines that have half of it); it is ended, and a new child goes on behind that test.
"""

from __future__ import annotations

import importlib.util
import queue
import re
import subprocess
import sys
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SILENCE = 40
"""Seconds after which a test hangs. The slowest takes some five."""
SHARES = 4
"""Children at a time for each module. The tests mostly wait."""
ATTEMPTS = 3
"""A test that depends on time fails now and then on a busy machine, with either module: it may be tried again."""
GOAL = 0.99
NEEDED = 0.95

_DIFFERENCES = Path(__file__).with_name("test_socket_differences.txt")


def child(module: str, names: list[str]) -> None:
    """Runs the named tests, all if none is named; prints a line at the begin and at the end of each."""
    if module == "bsock":
        import bsock

        sys.modules["socket"] = bsock
    from test import support, test_socket

    support.verbose = False
    suite = unittest.defaultTestLoader.loadTestsFromModule(test_socket)
    tests = [test for test in _flat(suite) if not names or test.id() in names]
    unittest.TestSuite(tests).run(_Result())


def _flat(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from _flat(test)
        else:
            yield test


class _Result(unittest.TestResult):
    """Prints how tests end. Parts of a test that fail make it fail."""

    # For Python 3.12.1, where the skipped tests of a skipped class end and have not begun.
    _outcome, _message = "skip", ""

    def startTest(self, test):
        super().startTest(test)
        self._outcome, self._message = "pass", ""
        print("begin", test.id(), flush=True)

    def stopTest(self, test):
        super().stopTest(test)
        print("end", test.id(), self._outcome, ascii(self._message), flush=True)

    def _note(self, outcome, error):
        self._outcome, self._message = outcome, f"{error[0].__name__}: {error[1]}"

    def addError(self, test, error):
        self._note("error", error)

    def addFailure(self, test, error):
        self._note("fail", error)

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self._note("fail", error)

    def addSkip(self, test, reason):
        self._outcome = "skip"


def run(module: str, names: list[str]) -> dict[str, tuple[str, str]]:
    """How each test ends: {name: (outcome, message)}."""
    outcomes: dict[str, tuple[str, str]] = {}
    while rest := [name for name in names if name not in outcomes]:
        before = len(outcomes)
        status = _run_child(module, rest, outcomes)
        if len(outcomes) == before:
            sys.exit(f"the tests do not begin with the {module} module: exit status {status}")
    return outcomes


def _all_names() -> list[str]:
    from test import test_socket

    return [test.id() for test in _flat(unittest.defaultTestLoader.loadTestsFromModule(test_socket))]


def _run_child(module: str, names: list[str], outcomes: dict[str, tuple[str, str]]) -> int:
    command = [sys.executable, __file__, "--child", module]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read, args=(process, names, lines), daemon=True).start()
    running = None
    try:
        while (line := lines.get(timeout=SILENCE)) is not None:
            word, name, *rest = line.split(" ", 3)
            running = name if word == "begin" else None
            if word == "end":
                outcomes[name] = (rest[0], rest[1])
    except queue.Empty:
        process.kill()
    process.wait()
    if running:
        outcomes[running] = ("hang", f"status {process.returncode}")
    return process.returncode


def _read(process, names, lines) -> None:
    process.stdin.write("\n".join(names))
    process.stdin.close()
    for line in process.stdout:
        if line.startswith(("begin test.", "end test.")):
            lines.put(line.strip())
    lines.put(None)


def run_both(names: list[str]) -> list[dict[str, tuple[str, str]]]:
    """How the tests end with the standard module and with bsock, side by side."""
    modules = ["standard", "bsock"]
    shares = _shares(names or _all_names())
    with ThreadPoolExecutor(len(modules) * SHARES) as pool:
        running = [[pool.submit(run, module, share) for share in shares] for module in modules]
        return [{name: end for share in of_module for name, end in share.result().items()} for of_module in running]


def _shares(names: list[str]) -> list[list[str]]:
    """The tests in shares of about the same size; those of a class stay together, since they may share a fixture."""
    classes = sorted({name.rpartition(".")[0] for name in names})
    share_of = {name: index % SHARES for index, name in enumerate(classes)}
    shares = [[name for name in names if share_of[name.rpartition(".")[0]] == share] for share in range(SHARES)]
    return [share for share in shares if share]


def differences() -> dict[str, str]:
    """The tests that are known to end otherwise with bsock: {name: reason}."""
    lines = _DIFFERENCES.read_text().splitlines()
    entries = [line.split(None, 1) for line in lines if line and not line.startswith("#")]
    assert all(len(entry) == 2 for entry in entries), "a difference without a reason"
    elsewhere = re.compile(rf"\(Python (?!{sys.version_info[0]}\.{sys.version_info[1]} )[\d.]+ only\)$")
    return {f"test.test_socket.{name}": reason for name, reason in entries if not elsewhere.search(reason)}


def main(names: list[str]) -> int:
    """Prints what differs; answers the exit status."""
    if importlib.util.find_spec("test.test_socket") is None:
        print(f"{sys.executable} is without CPython's own tests (package `test`): nothing is compared")
        return 0
    standard, ours = run_both(names)
    for _ in range(ATTEMPTS - 1):
        unlucky = [name for name, (outcome, _) in standard.items() if outcome == "pass" and ours[name][0] != "pass"]
        if unlucky:
            ours.update(run("bsock", unlucky))
    expected = differences()
    counted = [name for name, (outcome, _) in standard.items() if outcome == "pass"]
    differing = [name for name in counted if ours[name][0] != "pass"]
    unknown = [name for name in differing if name not in expected]
    for name in unknown:
        print(f"differs, and is not in {_DIFFERENCES.name}: {name}: {' '.join(ours[name])}")
    outdated = [name for name in counted if name in expected and name not in differing]
    for name in outdated:
        print(f"is in {_DIFFERENCES.name}, and does not differ any more: {name}")
    passed = len(counted) - len(differing)
    share = passed / max(len(counted), 1)
    print(
        f"test_socket of Python {sys.version.split()[0]}: of {len(standard)} tests {len(counted)} pass with the standard "
        f"module, and {passed} of these with bsock: {share:.1%} (goal {GOAL:.0%}: {'met' if share >= GOAL else 'missed'})"
    )
    return int(bool(unknown or outdated or not counted or share < NEEDED))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.stdin.read().split())
    else:
        sys.exit(main(sys.argv[1:]))
