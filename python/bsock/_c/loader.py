"""Finds libbsock.so, and refuses one that is not of this package's version."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

VERSION = "0.1.0"

# What `make install` and a distribution's package put into the loader's path; the second is the plain build's name.
_SYSTEM_NAMES = ("libbsock.so.0", "libbsock.so")


def _candidates() -> list[str]:
    """The libraries to try: what the environment names and nothing else, or the bundled one, or the system's."""
    named = os.environ.get("BSOCK_LIBRARY")
    if named:
        return [named]
    bundled = Path(__file__).parents[1] / "libbsock.so"
    return [str(bundled)] if bundled.exists() else list(_SYSTEM_NAMES)


def _open(names: list[str]) -> ctypes.CDLL:
    """The first of the libraries that is there. CDLL gives up the interpreter lock during calls; PyDLL would not."""
    failures = []
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError as error:
            failures.append(str(error))
    raise ImportError(
        f"cannot load libbsock: {'; '.join(failures)}. "
        "Build it with `make` and set BSOCK_LIBRARY to the path of target/release/libbsock.so"
    )


def load() -> ctypes.CDLL:
    """libbsock, of this package's version.

    >>> load().bsock_version()
    100
    """
    library = _open(_candidates())
    try:
        library.bsock_version_string.restype = ctypes.c_char_p
        found = library.bsock_version_string().decode()
    except AttributeError as error:
        raise ImportError(f"{library._name} is no libbsock: {error}") from error
    if found != VERSION:
        raise ImportError(f"the bsock package is version {VERSION}, but {library._name} is version {found}")
    return library


def load_libc() -> ctypes.CDLL:
    """The C library of this process."""
    return ctypes.CDLL(None, use_errno=True)
