"""Finds libbsock.so and refuses one that is not of this package's version."""

import ctypes
import os
from pathlib import Path

from ._ctypeslib import RESULTS

VERSION = "0.1.0"


def _candidate():
    """The library to load: what the environment names, the one beside this file, the system's."""
    named = os.environ.get("BSOCK_LIBRARY")
    if named:
        return named
    bundled = Path(__file__).with_name("libbsock.so")
    return str(bundled) if bundled.exists() else "libbsock.so"


def load():
    """The library with the result types of all functions set. CDLL gives up the interpreter lock during calls."""
    name = _candidate()
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise ImportError(
            f"cannot load {name}: {error}. Build it with `make` and set BSOCK_LIBRARY to target/release/libbsock.so"
        ) from error
    try:
        for function, result in RESULTS.items():
            getattr(library, function).restype = result
    except AttributeError as error:
        raise ImportError(f"{name} is no libbsock.so for this package: {error}") from error
    found = library.bsock_version_string().decode()
    if found != VERSION:
        raise ImportError(f"the bsock package is version {VERSION}, but {name} is version {found}")
    return library
