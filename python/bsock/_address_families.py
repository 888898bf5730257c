"""Addresses of the rarer families: AF_NETLINK, AF_PACKET, AF_VSOCK, AF_CAN, AF_TIPC, AF_ALG, AF_BLUETOOTH, AF_QIPCRTR,
and AF_RDS. A family that Python was built without is left out of the tables at the end.
"""

from __future__ import annotations

import os
from struct import Struct
from typing import Any, Callable, Union

from ._c.libc import if_indextoname, if_nametoindex, last_errno
from ._c.memory import readable
from ._constants import CONSTANTS
from ._errors import plain_error
from ._hosts import packed_host
from ._numbers import c_int, c_unsigned, in_range

Packer = Callable[[Any, str, int], bytes]
Unpacker = Callable[[bytes, int], Any]


def _elements(address: Any, caller: str, family: str, fewest: int, most: int) -> tuple[Any, ...]:
    if not isinstance(address, tuple):
        raise TypeError(f"{caller}(): {family} address must be tuple, not {type(address).__name__}")
    if not fewest <= len(address) <= most:
        raise TypeError(f"{caller}(): {family} address must have {fewest} to {most} elements, not {len(address)}")
    return address


def _text(value: Any) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"argument must be str, not {type(value).__name__}")
    if "\0" in value:
        raise ValueError("embedded null character")
    return value.encode()


def _u16(value: Any) -> int:
    return in_range(value, -(2**63), 2**64 - 1, "integer") & 0xFFFF


def _u8(value: Any) -> int:
    return in_range(value, 0, 0xFF, "unsigned byte integer")


def _two_numbers(family: str, layout: Struct, first: int) -> tuple[Packer, Unpacker]:
    """The families whose address is two unsigned numbers. `layout` has them behind the family's number."""

    def pack(address: Any, caller: str, protocol: int) -> bytes:
        one, other = map(c_unsigned, _elements(address, caller, family, 2, 2))
        return layout.pack(CONSTANTS[family], *((one, other) if first == 0 else (other, one)))

    def unpack(raw: bytes, protocol: int) -> tuple[int, int]:
        _, one, other = layout.unpack_from(raw)
        return (one, other) if first == 0 else (other, one)

    return pack, unpack


# AF_PACKET: (interface, protocol[, packet type[, hardware type[, address]]])
_ll = Struct("=H2siHBB8s")
_INTERFACE_BYTES = 16


def _interface_index(name: bytes) -> int:
    index = if_nametoindex(name[: _INTERFACE_BYTES - 1])
    if not index:
        raise plain_error(last_errno())
    return index


def _pack_packet(address: Any, caller: str, protocol: int) -> bytes:
    interface, protocol, *rest = _elements(address, caller, "AF_PACKET", 2, 5)
    name = _text(interface)
    try:
        protocol, packet_type, hardware_type = map(c_int, (protocol, *rest[:2], *(0, 0)[len(rest[:2]) :]))
    except OverflowError:
        raise OverflowError(f"{caller}(): address argument out of range") from None
    hardware = b""
    if len(rest) == 3:
        with readable(rest[2]) as view:
            hardware = view.copy()
    index = _interface_index(name)
    if len(hardware) > 8:
        raise ValueError("Hardware address must be 8 bytes or less")
    if not 0 <= protocol <= 0xFFFF:
        raise OverflowError(f"{caller}(): proto must be 0-65535.")
    in_c = protocol.to_bytes(2, "big")
    family = CONSTANTS["AF_PACKET"]
    return _ll.pack(family, in_c, index, hardware_type & 0xFFFF, packet_type & 0xFF, len(hardware), hardware)


def _unpack_packet(raw: bytes, protocol: int) -> tuple[str, int, int, int, bytes]:
    _, number, index, hardware_type, packet_type, length, hardware = _ll.unpack(raw[: _ll.size].ljust(_ll.size, b"\0"))
    name = (if_indextoname(index) or "") if index else ""
    return name, int.from_bytes(number, "big"), packet_type, hardware_type, hardware[:length]


# AF_CAN: (interface,), or with two identifiers (ISO-TP), or with name, group and address (J1939)
_can = Struct("=Hxxi16s")
_can_isotp = Struct("=II8x")
_can_j1939 = Struct("=QIB3x")


def _can_index(interface: Any) -> int:
    name = os.fsencode(interface)
    if b"\0" in name:
        raise ValueError("embedded null byte")
    if not name:
        return 0
    if len(name) >= _INTERFACE_BYTES:
        raise OSError("AF_CAN interface name too long")
    return _interface_index(name)


def _pack_can(address: Any, caller: str, protocol: int) -> bytes:
    if protocol == CONSTANTS.get("CAN_ISOTP"):
        interface, *numbers = _elements(address, caller, "AF_CAN", 3, 3)
        rest = _can_isotp.pack(*map(c_unsigned, numbers))
    elif protocol == CONSTANTS.get("CAN_J1939"):
        interface, name, group, node = _elements(address, caller, "AF_CAN", 4, 4)
        rest = _can_j1939.pack(in_range(name, 0, 2**64 - 1, "name"), c_unsigned(group), _u8(node))
    elif protocol in (CONSTANTS.get("CAN_RAW"), CONSTANTS.get("CAN_BCM")):
        (interface,) = _elements(address, caller, "AF_CAN", 1, 1)
        rest = bytes(16)
    else:
        raise OSError(f"{caller}(): unsupported CAN protocol")
    return _can.pack(CONSTANTS["AF_CAN"], _can_index(interface), rest)


def _unpack_can(raw: bytes, protocol: int) -> tuple[Any, ...]:
    _, index, rest = _can.unpack(raw[: _can.size].ljust(_can.size, b"\0"))
    name = (if_indextoname(index) or "") if index else ""
    if protocol == CONSTANTS.get("CAN_ISOTP"):
        return (name, *_can_isotp.unpack(rest))
    if protocol == CONSTANTS.get("CAN_J1939"):
        return (name, *_can_j1939.unpack(rest))
    return (name,)


# AF_TIPC: (type, three numbers[, scope])
_tipc = Struct("=HBbIII")


def _pack_tipc(address: Any, caller: str, protocol: int) -> bytes:
    kind, one, two, three, *scopes = map(c_unsigned, _elements(address, caller, "AF_TIPC", 4, 5))
    scope = scopes[0] if scopes else CONSTANTS["TIPC_CLUSTER_SCOPE"]
    scope = (scope & 0xFF) - ((scope & 0x80) << 1)
    numbers = {
        CONSTANTS["TIPC_ADDR_NAMESEQ"]: (one, two, three),
        CONSTANTS["TIPC_ADDR_NAME"]: (one, two, 0),
        CONSTANTS["TIPC_ADDR_ID"]: (two, one, 0),  # C has the reference before the node.
    }.get(kind)
    if numbers is None:
        raise TypeError("Invalid address type")
    return _tipc.pack(CONSTANTS["AF_TIPC"], kind, scope, *numbers)


def _unpack_tipc(raw: bytes, protocol: int) -> tuple[int, ...]:
    _, kind, scope, one, two, three = _tipc.unpack_from(raw)
    if kind == CONSTANTS["TIPC_ADDR_NAMESEQ"]:
        return kind, one, two, three, scope & 0xFFFFFFFF
    if kind == CONSTANTS["TIPC_ADDR_NAME"]:
        return kind, one, two, two, scope & 0xFFFFFFFF
    if kind == CONSTANTS["TIPC_ADDR_ID"]:
        return kind, two, one, 0, scope & 0xFFFFFFFF
    raise ValueError("Invalid address type")


# AF_ALG: (type, name[, feature[, mask]])
_alg = Struct("=H14sII64s")


def _pack_alg(address: Any, caller: str, protocol: int) -> bytes:
    kind, name, *numbers = _elements(address, caller, "AF_ALG", 2, 4)
    kind, name = _text(kind), _text(name)
    feature, mask = (*map(_u16, numbers), 0, 0)[:2]
    if len(kind) >= 14:
        raise ValueError("AF_ALG type too long.")
    if len(name) >= 64:
        raise ValueError("AF_ALG name too long.")
    return _alg.pack(CONSTANTS["AF_ALG"], kind, feature, mask, name)


def _unpack_alg(raw: bytes, protocol: int) -> tuple[str, str, int, int]:
    _, kind, feature, mask, name = _alg.unpack(raw[: _alg.size].ljust(_alg.size, b"\0"))
    return kind.split(b"\0")[0].decode(), name.split(b"\0")[0].decode(), feature & 0xFFFF, mask & 0xFFFF


# AF_BLUETOOTH: by protocol
_l2cap = Struct("<HH6sHBx")
_rfcomm = Struct("<H6sBx")
_hci = Struct("=HHH")
_sco = Struct("<H6s")


def _bluetooth_in_c(text: Any) -> bytes:
    """Six bytes, the last of the text's first."""
    parts = text.split(":") if isinstance(text, str) else []
    try:
        numbers = [int(part, 16) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != 6 or not all(0 <= number <= 0xFF for number in numbers):
        raise OSError("bad bluetooth address")
    return bytes(reversed(numbers))


def _bluetooth_text(raw: bytes) -> str:
    return ":".join(f"{byte:02X}" for byte in reversed(raw))


def _pack_l2cap(address: Any) -> bytes:
    host, port, *rest = address
    channel, kind = (*rest, 0, 0)[:2]
    return _l2cap.pack(CONSTANTS["AF_BLUETOOTH"], _u16(port), _bluetooth_in_c(host), _u16(channel), _u8(kind))


def _pack_rfcomm(address: Any) -> bytes:
    host, channel = address
    return _rfcomm.pack(CONSTANTS["AF_BLUETOOTH"], _bluetooth_in_c(host), _u8(channel))


def _pack_hci(address: Any) -> bytes:
    device, channel = (address, 0) if hasattr(address, "__index__") else (*address, 0)[:2]
    return _hci.pack(CONSTANTS["AF_BLUETOOTH"], _u16(device), _u16(channel))


def _pack_sco(address: Any) -> bytes:
    text = address.decode() if isinstance(address, bytes) else address
    return _sco.pack(CONSTANTS["AF_BLUETOOTH"], _bluetooth_in_c(text))


def _unpack_l2cap(raw: bytes) -> tuple[Any, ...]:
    _, port, host, channel, kind = _l2cap.unpack_from(raw)
    full = (_bluetooth_text(host), port, channel, kind)
    return full if kind else full[: 3 if channel else 2]


def _unpack_rfcomm(raw: bytes) -> tuple[Any, ...]:
    _, host, channel = _rfcomm.unpack_from(raw)
    return _bluetooth_text(host), channel


def _unpack_hci(raw: bytes) -> Any:
    _, device, channel = _hci.unpack_from(raw)
    return (device, channel) if channel else device


def _unpack_sco(raw: bytes) -> str:
    return _bluetooth_text(_sco.unpack_from(raw)[1])


_BLUETOOTH: dict[str, tuple[Callable[[Any], bytes], Callable[[bytes], Any]]] = {
    "BTPROTO_L2CAP": (_pack_l2cap, _unpack_l2cap),
    "BTPROTO_RFCOMM": (_pack_rfcomm, _unpack_rfcomm),
    "BTPROTO_HCI": (_pack_hci, _unpack_hci),
    "BTPROTO_SCO": (_pack_sco, _unpack_sco),
}
_BY_PROTOCOL = {CONSTANTS[name]: functions for name, functions in _BLUETOOTH.items() if name in CONSTANTS}


def _pack_bluetooth(address: Any, caller: str, protocol: int) -> bytes:
    if protocol not in _BY_PROTOCOL:
        raise OSError(f"{caller}(): unknown Bluetooth protocol")
    try:
        return _BY_PROTOCOL[protocol][0](address)
    except (TypeError, ValueError, OverflowError):
        raise OSError(f"{caller}(): wrong format") from None


def _unpack_bluetooth(raw: bytes, protocol: int) -> Any:
    if protocol not in _BY_PROTOCOL:
        raise ValueError("Unknown Bluetooth protocol")
    return _BY_PROTOCOL[protocol][1](raw)


# AF_RDS has the addresses of AF_INET, with that family's number in them.
def _pack_rds(address: Any, caller: str, protocol: int) -> bytes:
    host, port = _elements(address, caller, "AF_RDS", 2, 2)
    in_c = in_range(port, 0, 0xFFFF, "port").to_bytes(2, "big")
    inet = CONSTANTS["AF_INET"]
    return int(inet).to_bytes(2, "little") + in_c + packed_host(host, int(inet)) + bytes(8)


_FAMILIES: dict[str, Union[tuple[Packer, Unpacker], tuple[Packer]]] = {
    "AF_NETLINK": _two_numbers("AF_NETLINK", Struct("=HxxII"), 0),
    "AF_QIPCRTR": _two_numbers("AF_QIPCRTR", Struct("=HxxII"), 0),
    "AF_VSOCK": _two_numbers("AF_VSOCK", Struct("=HxxII4x"), 1),
    "AF_PACKET": (_pack_packet, _unpack_packet),
    "AF_CAN": (_pack_can, _unpack_can),
    "AF_TIPC": (_pack_tipc, _unpack_tipc),
    "AF_ALG": (_pack_alg, _unpack_alg),
    "AF_BLUETOOTH": (_pack_bluetooth, _unpack_bluetooth),
    "AF_RDS": (_pack_rds,),
}
_KNOWN = {int(CONSTANTS[name]): functions for name, functions in _FAMILIES.items() if name in CONSTANTS}

PACKERS: dict[int, Packer] = {family: functions[0] for family, functions in _KNOWN.items()}
UNPACKERS: dict[int, Unpacker] = {family: functions[1] for family, functions in _KNOWN.items() if len(functions) == 2}
