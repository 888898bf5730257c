"""Many datagrams in one call: the standard module has nothing of the kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Optional

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Batches:
    """The part of class `socket` that sends and receives many datagrams at a time."""

    __slots__ = ()
