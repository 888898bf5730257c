"""Tells the recorder of `bsock run` from which line of Python each call comes.

On the stack there is libffi and the interpreter, but no line of Python. So around each call the file and the line of
the package's caller are told, by a function that only a recorder which is at work has. Without one nothing is wrapped,
and a call costs what it costs.
"""

from __future__ import annotations

import ctypes
import os
import sys
from ctypes import c_char_p, c_int, c_size_t
from typing import Any, Optional

# Relative names are relative to where the program was started.
_DIRECTORY = os.getcwd()
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

# By the name that code objects have: the file as the recorder is told it; nothing for the package's own; empty for code
# that is in no file, as "<stdin>".
_files: dict[str, Optional[bytes]] = {}


def _recorder() -> Any:
    """The recorder's function, if there is a recorder and it is at work. PyDLL, since it does not wait for anything."""
    try:
        function = ctypes.PyDLL(None).bsock_preload_place
    except (AttributeError, OSError):
        return None
    function.restype, function.argtypes = c_int, (c_char_p, c_size_t, c_int)
    return function if function(None, 0, 0) else None


_tell = _recorder()


def _file(name: str) -> Optional[bytes]:
    if name not in _files:
        path = os.path.normpath(os.path.join(_DIRECTORY, name))
        if path.startswith(_PACKAGE):
            _files[name] = None
        else:
            _files[name] = os.fsencode(path) if os.path.exists(path) else b""
    return _files[name]


def _caller() -> tuple[bytes, int]:
    """The file and the line of the innermost function outside of this package."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        file = _file(frame.f_code.co_filename)
        if file is not None:
            return file, frame.f_lineno
        frame = frame.f_back
    return b"", 0


def telling(function: Any) -> Any:
    """The function; where somebody records, one that also tells who calls it."""
    if _tell is None:
        return function

    def call(*arguments: Any) -> Any:
        file, line = _caller()
        if not file or line is None:
            return function(*arguments)
        _tell(file, len(file), line)
        try:
            return function(*arguments)
        finally:
            _tell(None, 0, 0)

    return call
