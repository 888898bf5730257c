"""The network interfaces: names and indices."""

from __future__ import annotations

import os
from typing import Union

from ._c import libc
from ._errors import plain_error
from ._numbers import c_unsigned


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
    name = libc.if_indextoname(c_unsigned(if_index))
    if name is None:
        raise plain_error(libc.last_errno())
    return name
