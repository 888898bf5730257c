"""Codes of libbsock as exceptions: the ones that the standard module raises, with its numbers and its texts."""

from __future__ import annotations

import os
from errno import EAGAIN, EALREADY, EINPROGRESS, EINTR
from typing import NoReturn

from ._c.libc import resolver_error_text
from ._constants import gaierror
from ._explanation import Explained

INTERRUPTED = -EINTR
TRY_AGAIN = -EAGAIN
IN_PROGRESS = -EINPROGRESS

# Not failures: a program that polls meets them all the time, and nobody wants to be told why.
_UNEXPLAINED = {EAGAIN, EALREADY, EINPROGRESS, EINTR}

# Codes from here down to -11999 are those of the resolver: this number, less the EAI number without its sign.
_RESOLVER = -11000


def error_of(code: int) -> OSError:
    """The exception for a code of a call that has just failed in this thread.

    >>> error_of(-11)
    BlockingIOError(11, 'Resource temporarily unavailable')
    """
    if code < _RESOLVER:
        return resolver_error(code - _RESOLVER)
    number = -code
    if number in _UNEXPLAINED:
        return OSError(number, os.strerror(number))
    return Explained.new(number)


def resolver_error(number: int) -> gaierror:
    """The exception for one of getaddrinfo's EAI numbers.

    >>> resolver_error(-2)
    gaierror(-2, 'Name or service not known')
    """
    return gaierror(number, resolver_error_text(number))


def plain_error(number: int) -> OSError:
    """The exception for an errno of a function of libc, of which libbsock knows nothing."""
    return OSError(number, os.strerror(number))


def checked(code: int) -> int:
    """The result of a call, which is 0 or more; or its error, raised."""
    if code < 0:
        raise error_of(code)
    return code


def wrong_type(name: str, expected: str, value: object) -> NoReturn:
    """Refuses an argument."""
    raise TypeError(f"{name} must be {expected}, not {type(value).__name__}")
