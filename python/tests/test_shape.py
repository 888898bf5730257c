"""What the package is made of: no other socket module below it, ctypes in one folder, signatures as in the header."""

import ast
import ctypes
import inspect
import re
import socket as standard
import unittest
from pathlib import Path

import bsock
from bsock._c import libc, loader, message, signatures

PACKAGE = Path(bsock.__file__).parent
HEADER = PACKAGE.parents[1] / "include" / "bsock.h"


def imports(path):
    """The modules that a file imports, with what it takes of them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((node.module, alias.name) for alias in node.names)


class Shape(unittest.TestCase):
    def test_ctypes_is_in_one_folder(self):
        users = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if "ctypes" in dict(imports(path))]
        self.assertEqual({path.parts[0] for path in users}, {"_c"})

    def test_the_standard_module_gives_constants_and_exceptions_alone(self):
        taken = {}
        for path in PACKAGE.rglob("*.py"):
            for module, name in imports(path):
                if module in ("socket", "_socket"):
                    taken.setdefault(path.name, []).append((module, name))
        self.assertEqual(set(taken), {"_constants.py"})
        for module, name in taken["_constants.py"]:
            self.assertEqual(module, "socket")
            if name is not None:
                self.assertTrue(issubclass(getattr(standard, name), (int, Exception)), name)

    def test_nothing_of_the_standard_module_is_passed_on(self):
        for name in dir(bsock):
            value, theirs = getattr(bsock, name), getattr(standard, name, None)
            if callable(value) and value is theirs:
                self.assertTrue(issubclass(value, (int, Exception)), name)

    def test_all_of_the_standard_modules_names_are_there(self):
        wanted = {name for name in standard.__all__ if name != "CAPI"}
        self.assertEqual(wanted - set(dir(bsock)), set())
        self.assertEqual(wanted - set(bsock.__all__), set())

    def test_all_methods_are_there_with_their_arguments(self):
        ours = set(dir(bsock.socket))
        theirs = {name for name in dir(standard.socket) if not name.startswith("_")}
        self.assertEqual(theirs - ours, set())
        for name in theirs | {name for name in standard.__all__ if inspect.isfunction(getattr(standard, name))}:
            one = getattr(standard.socket, name, None) or getattr(standard, name)
            other = getattr(bsock.socket, name, None) or getattr(bsock, name)
            if inspect.isfunction(one) and inspect.isfunction(other):
                names = list(inspect.signature(one).parameters)
                # What a later Python has added at the end may be there already.
                self.assertEqual(names, list(inspect.signature(other).parameters)[: len(names)], name)

    def test_everything_public_is_documented(self):
        for name in bsock.__all__:
            value = getattr(bsock, name)
            if getattr(value, "__module__", "").startswith("bsock"):
                self.assertTrue(value.__doc__, name)
        for name, value in vars(bsock.socket).items():
            if inspect.isfunction(value) and not name.startswith("_"):
                self.assertTrue(value.__doc__, name)


C_TYPES = {
    "int": ctypes.c_int, "unsigned int": ctypes.c_uint, "size_t": ctypes.c_size_t, "ssize_t": ctypes.c_ssize_t,
    "socklen_t": ctypes.c_uint32, "nfds_t": ctypes.c_ulong, "double": ctypes.c_double, "const char *": ctypes.c_char_p,
}


def declarations(header):
    """{function: (result, [arguments])} of the header, as ctypes."""
    text = re.sub(r"/\*.*?\*/|^#.*?$", "", header, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"BSOCK__\w+", "", text)
    for result, name, arguments in re.findall(r"^\s*([\w ]+?[ *]+)(bsock_\w+)\(([^)]*)\)\s*;", text, re.MULTILINE):
        types = [re.sub(r"\w+$", "", " ".join(argument.split())) for argument in arguments.split(",")]
        yield name, as_ctypes(result), [] if arguments.strip() == "void" else [as_ctypes(type_) for type_ in types]


def as_ctypes(declared):
    declared = declared.strip()
    return C_TYPES.get(declared, ctypes.c_void_p if declared.endswith("*") else declared)


class Signatures(unittest.TestCase):
    @unittest.skipUnless(HEADER.exists(), "installed without the source")
    def test_the_table_is_the_headers(self):
        declared = {name: (result, arguments) for name, result, arguments in declarations(HEADER.read_text())}
        self.assertGreater(len(declared), 50)
        for name, (result, arguments) in signatures.SIGNATURES.items():
            self.assertEqual((name, result, arguments), (name, *declared[name]))

    def test_bound_functions_are_in_the_table(self):
        bound = {name for name in vars(signatures) if name.startswith("bsock_")}
        self.assertEqual(bound, set(signatures.SIGNATURES))
        for name in bound:
            function = getattr(signatures, name)
            expected = None if name in signatures.UNDECLARED else signatures.SIGNATURES[name][1]
            self.assertEqual(function.argtypes and list(function.argtypes), expected, name)

    def test_structures_have_cs_sizes(self):
        sizes = {"IoVec": 16, "MsgHdr": 56, "MMsgHdr": 64, "PollFd": 8, "TimeSpec": 16, "Address": 144, "Pcb": 304}
        for name, size in sizes.items():
            self.assertEqual(ctypes.sizeof(getattr(signatures, name)), size, name)

    def test_the_interpreter_lock_is_given_up(self):
        for library in (loader.load(), loader.load_libc()):
            self.assertIs(type(library), ctypes.CDLL)
        self.assertIsNotNone(libc)
        self.assertEqual(message.MOST_MESSAGES, 1024)

    def test_another_version_is_refused_by_both_names(self):
        version, loader.VERSION = loader.VERSION, "9.9.9"
        try:
            with self.assertRaisesRegex(ImportError, rf"9\.9\.9.*{re.escape(version)}"):
                loader.load()
        finally:
            loader.VERSION = version


if __name__ == "__main__":
    unittest.main()
