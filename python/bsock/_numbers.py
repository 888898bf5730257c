"""Integer arguments as C takes them: a TypeError for what is no integer, an OverflowError for one that does not fit."""

from __future__ import annotations

from operator import index
from typing import Any

INT_MAX = 2**31 - 1


def in_range(value: Any, lowest: int, highest: int, name: str) -> int:
    """An integer from lowest to highest.

    >>> in_range(2**40, 0, 255, "unsigned byte integer")
    Traceback (most recent call last):
        ...
    OverflowError: unsigned byte integer is greater than maximum
    """
    number = index(value)
    if number < lowest:
        raise OverflowError(f"{name} is less than minimum")
    if number > highest:
        raise OverflowError(f"{name} is greater than maximum")
    return number


def c_int(value: Any) -> int:
    """An argument of C's int."""
    return in_range(value, -INT_MAX - 1, INT_MAX, "signed integer")


def c_unsigned(value: Any) -> int:
    """An argument of C's unsigned int. The standard module cuts what does not fit, and so does this.

    >>> c_unsigned(2**32 + 5), c_unsigned(-1)
    (5, 4294967295)
    """
    return index(value) & 0xFFFFFFFF


def c_size(value: Any) -> int:
    """A count of bytes, which may be negative: who asks has an error of its own for that."""
    number = index(value)
    if not -(2**63) <= number < 2**63:
        raise OverflowError("cannot fit 'int' into an index-sized integer")
    return number
