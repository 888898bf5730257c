"""The standard module's constants and exception classes, and nothing else of it.

Taken from there because their names depend on what Python was built with, and because a program may use both modules
together: `bsock.AF_INET is socket.AF_INET`, and `except socket.timeout` catches a timeout of either.
"""

from __future__ import annotations

import socket as _standard
from socket import AddressFamily, AddressInfo, MsgFlag, SocketKind, error, gaierror, herror, timeout

__all__ = [
    "CONSTANTS", "AddressFamily", "AddressInfo", "MsgFlag", "SocketKind", "error", "gaierror", "herror", "timeout",
]

CONSTANTS = {
    name: value
    for name, value in vars(_standard).items()
    if isinstance(value, int) and (name[0].isupper() or name == "has_ipv6")  # AF_DECnet has small letters.
}
