"""The C functions and their types: a table and nothing else.

Arguments have no declared types on purpose. Declaring them costs about 100 ns an argument and call, and the package
only passes what ctypes converts by itself: ints of C's size, bytes as they are, ctypes objects. An address must never
be passed as a bare int, which would be cut to 32 bits.
"""

from ctypes import c_char_p, c_int, c_ssize_t

RESULTS = {
    "bsock_socket": c_int,
    "bsock_bind": c_int,
    "bsock_listen": c_int,
    "bsock_accept": c_int,
    "bsock_connect": c_int,
    "bsock_send": c_ssize_t,
    "bsock_recv": c_ssize_t,
    "bsock_shutdown": c_int,
    "bsock_close": c_int,
    "bsock_strerror": c_char_p,
    "bsock_err_name": c_char_p,
    "bsock_explain": c_int,
    "bsock_version": c_int,
    "bsock_version_string": c_char_p,
}
