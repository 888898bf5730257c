"""Makes the calls of the rows with plain ctypes, libc's and bsock's by turns: `bsock compare --from python`.

    python3 - CASES LIBRARY REPETITIONS MILLISECONDS [call/ | call/what]...

CASES is the runner as a library (runner.c). Its rows prepare each call in C as they do without Python, and hand it to a
callback, which makes it through ctypes. The time is taken around that call, as a Python program would see it: it holds
what ctypes costs, on both sides alike, and not the callback.
"""

import ctypes
import os
import sys
import time

RESULTS = {"int": ctypes.c_int, "ssize_t": ctypes.c_ssize_t}
# What an argument means (calls.h), by its type. The others are ints.
TYPES = {
    **dict.fromkeys("abvpLms", ctypes.c_void_p),
    "l": ctypes.c_uint32,
    "u": ctypes.c_uint,
    "n": ctypes.c_size_t,
}


class Description(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("result", ctypes.c_char_p), ("meanings", ctypes.c_char_p)]


def passed_on(function, took, clock=time.perf_counter_ns):
    """What a row calls: the function, with the time that it takes."""

    def call(*arguments):
        start = clock()
        result = function(*arguments)
        end = clock()
        took.value = end - start
        return result

    return call


def callbacks(library, prefix, calls, took):
    """A C function for each call, which makes it with ctypes. errno is what the call leaves it to be."""
    made = []
    for call in calls:
        result = RESULTS[call.result.decode()]
        types = [TYPES.get(meaning, ctypes.c_int) for meaning in call.meanings.decode()]
        function = getattr(library, prefix + call.name.decode())
        function.restype = result
        function.argtypes = types
        made.append(ctypes.CFUNCTYPE(result, *types, use_errno=True)(passed_on(function, took)))
    return made


def main():
    cases = ctypes.CDLL(sys.argv[1])
    took = ctypes.c_int64.in_dll(cases, "bsock_cases_took")
    table = ctypes.cast(cases.bsock_cases_calls, ctypes.POINTER(Description))
    calls = []
    while table[len(calls)].name:
        calls.append(table[len(calls)])
    sides = [
        callbacks(ctypes.CDLL(None, use_errno=True), "", calls, took),
        callbacks(ctypes.CDLL(sys.argv[2], use_errno=True), "bsock_", calls, took),
    ]
    for side, functions in enumerate(sides):
        addresses = [ctypes.cast(function, ctypes.c_void_p) for function in functions]
        cases.bsock_cases_pass_on(side, (ctypes.c_void_p * len(addresses))(*addresses))
    # As C has them: the name of the program, then LIBRARY and what follows.
    arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
    return cases.bsock_cases_run(len(arguments), (ctypes.c_char_p * len(arguments))(*arguments))


if __name__ == "__main__":
    sys.exit(main())
