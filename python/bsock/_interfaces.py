"""The network interfaces: names and indices."""

from __future__ import annotations

import os
import sys
from typing import Union

from ._c import libc
from ._errors import plain_error
from ._numbers import in_range

# Before Python 3.13 what was too large was cut.
_HIGHEST = 2**64 - 1 if sys.version_info < (3, 13) else 2**32 - 1


def if_nameindex() -> list[tuple[int, str]]:
    """All interfaces: [(index, name)].

    >>> (1, "lo") in if_nameindex()
    True
    """
    found = libc.if_nameindex()
    if found is None:
        raise plain_error(libc.last_errno())
    return found


def if_nametoindex(oname: Union[str, bytes], /) -> int:
    """The index of an interface."""
    name = os.fsencode(oname)
    if b"\0" in name:
        raise ValueError("embedded null byte")
    index = libc.if_nametoindex(name)
    if not index:
        raise OSError("no interface with this name")
    return index


def if_indextoname(if_index: int, /) -> str:
    """The name of an interface."""
    if not isinstance(if_index, int):
        raise TypeError("an integer is required")
    number = in_range(if_index, 0, _HIGHEST, "index")
    name = libc.if_indextoname(number & 0xFFFFFFFF)
    if name is None:
        raise plain_error(libc.last_errno())
    return name
