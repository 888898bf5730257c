"""Timeouts: what `settimeout` takes, the default of new sockets, and waiting that comes to an end."""

from __future__ import annotations

import math
from time import monotonic
from typing import Any, Callable, Optional

from ._c.calls import poll
from ._constants import timeout
from ._errors import INTERRUPTED, TRY_AGAIN, error_of

POLLIN, POLLOUT = 1, 4
_LONGEST = 2**63 / 1e9
"""Seconds. The standard module counts nanoseconds in 64 bits."""
_POLL_LONGEST = 2**31 - 1
"""Milliseconds of one poll."""


def checked_timeout(value: Any) -> Optional[float]:
    """The argument of `settimeout`: None waits for ever, 0 never, anything else so many seconds.

    >>> checked_timeout(2), checked_timeout(None)
    (2.0, None)
    >>> checked_timeout(-1)
    Traceback (most recent call last):
        ...
    ValueError: Timeout value out of range
    """
    if value is None:
        return None
    if not hasattr(value, "__float__") and not hasattr(value, "__index__"):
        raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
    if isinstance(value, str):
        raise TypeError("'str' object cannot be interpreted as an integer")
    seconds = float(value)
    if math.isnan(seconds):
        raise ValueError("Invalid value NaN (not a number)")
    if abs(seconds) >= _LONGEST:
        raise OverflowError("timestamp out of range for platform time_t")
    if seconds < 0:
        raise ValueError("Timeout value out of range")
    return seconds


_default: Optional[float] = None


def getdefaulttimeout() -> Optional[float]:
    """The timeout of new sockets, in seconds; None waits for ever."""
    return _default


def setdefaulttimeout(timeout: Optional[float]) -> None:
    """Sets the timeout of new sockets.

    >>> setdefaulttimeout(1.5); getdefaulttimeout(); setdefaulttimeout(None)
    1.5
    """
    global _default
    _default = checked_timeout(timeout)


def wait(fd: int, events: int, deadline: Optional[float]) -> None:
    """Waits until a descriptor is ready, or raises `timeout`. A signal handler that runs meanwhile does not end it."""
    while True:
        milliseconds = -1
        if deadline is not None:
            # Rounded up, as poll does: a wait that ends too early would be gone through again.
            milliseconds = min(math.ceil(max(deadline - monotonic(), 0) * 1000), _POLL_LONGEST)
        ready = poll(fd, events, milliseconds)
        if ready > 0:
            return
        if ready == 0 and deadline is not None and monotonic() >= deadline:
            raise timeout("timed out")
        if ready < 0 and ready != INTERRUPTED:
            raise error_of(ready)


def patiently(fd: int, events: int, seconds: Optional[float], call: Callable[..., int], *arguments: Any) -> int:
    """The result of a call that may have to wait, made again after signal handlers have run (PEP 475).

    seconds: the socket's timeout. With one, the descriptor is non-blocking, and the waiting is done before the call.
    """
    if not seconds:
        while True:
            result = call(*arguments)
            if result >= 0:
                return result
            if result != INTERRUPTED:
                raise error_of(result)
    return until(fd, events, monotonic() + seconds, call, *arguments)


def until(fd: int, events: int, deadline: float, call: Callable[..., int], *arguments: Any) -> int:
    """As `patiently`, to a point in time that several calls have in common."""
    while True:
        wait(fd, events, deadline)
        result = call(*arguments)
        if result >= 0:
            return result
        # Ready a moment ago, and not any more: somebody else was faster, or a datagram had a wrong checksum.
        if result not in (INTERRUPTED, TRY_AGAIN):
            raise error_of(result)
