"""Why a call failed: looked up when somebody asks, since most exceptions are caught and never looked at.

An exception is of a subclass that has the name and all the behaviour of Python's (ConnectionRefusedError, ...) and two
properties besides. A property is the only way to do nothing until a traceback is printed.
"""

from __future__ import annotations

import os
from errno import errorcode
from threading import get_ident, local
from typing import Any, Optional

from ._c import calls

# How many of these exceptions the thread has made: tells whether an exception is about the thread's last failure.
_last = local()


def explain() -> str:
    """What the last call that failed in this thread was asked, why it failed, and what to do about it."""
    return calls.explain()


class Explained(OSError):
    """What the exceptions have in addition to Python's own."""

    _notes: Optional[list[str]]
    _failure: tuple[int, int]
    _looked_up: Optional[str]

    @staticmethod
    def new(number: int) -> OSError:
        """The exception for an errno with which a call has just failed in this thread."""
        standard = type(OSError(number, ""))
        failure: Any = _explained(standard)(number, os.strerror(number))
        _last.serial = serial = getattr(_last, "serial", 0) + 1
        failure._failure = (get_ident(), serial)
        return failure  # type: ignore[no-any-return]

    @property
    def bsock_explanation(self) -> Optional[str]:
        """What was asked, why it failed and, for the common failures, what to do.

        libbsock knows about the last failure of each thread. So this is None if it is first asked for after another
        call has failed in the thread, or in another thread.
        """
        if self._looked_up is None and self._failure == (get_ident(), getattr(_last, "serial", 0)):
            text = explain()
            # Calls that would have had to wait fail too, and raise nothing if there is a timeout.
            if f": {errorcode.get(self.errno or 0)}: " in text:
                self._looked_up = text
        return self._looked_up

    @property
    def __notes__(self) -> list[str]:
        """PEP 678: what Python 3.11 and later print below the exception."""
        if self._notes is None:
            explanation = self.bsock_explanation
            self._notes = [explanation] if explanation else []
        return self._notes

    @__notes__.setter
    def __notes__(self, notes: list[str]) -> None:
        self._notes = notes

    def __reduce__(self) -> Any:
        # Pickled as Python's own, with the text: whoever unpickles it may be another process.
        return type(self).__mro__[2], self.args, {"bsock_explanation": self.bsock_explanation}


# By standard class. A subclass is made when the first exception of its kind is.
_classes: dict[type[OSError], Any] = {}


def _explained(standard: type[OSError]) -> Any:
    """The subclass for one of Python's classes. It has its name: a traceback looks as it always does."""
    if standard not in _classes:
        names = {"__module__": standard.__module__, "__qualname__": standard.__qualname__, "__doc__": standard.__doc__}
        defaults = {"_notes": None, "_failure": (0, 0), "_looked_up": None}
        _classes[standard] = type(standard.__name__, (Explained, standard), {**names, **defaults})
    return _classes[standard]
