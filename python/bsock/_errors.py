"""Codes as exceptions."""


def raise_for(code, strerror):
    """Raises the OSError for a negative code. Python picks the subclass (ConnectionRefusedError, ...) by the number."""
    raise OSError(-code, strerror(code).decode())
