"""What comes in at a device, seen before any rule can drop it, and what is left of it
above all rules: packet sockets and raw sockets.

A packet that a receiver drops was seen at its device and not above; one that its sender
drops never gets there. That tells the two apart for every protocol and either family.
"""

import ctypes
import socket
import struct

ETH_P_ALL = 3
SOL_PACKET, PACKET_STATISTICS, SO_ATTACH_FILTER = 263, 6, 26
LOAD_BYTE, LOAD_HALF, LOAD_WORD, AND, JUMP_IF_EQUAL, RETURN = 0x30, 0x28, 0x20, 0x54, 0x15, 0x06
PROTOCOLS = {
    socket.AF_INET: (socket.IPPROTO_TCP, socket.IPPROTO_UDP, socket.IPPROTO_ICMP),
    socket.AF_INET6: (socket.IPPROTO_TCP, socket.IPPROTO_UDP, socket.IPPROTO_ICMPV6),
}
ECHOES = {(socket.IPPROTO_ICMP, 8), (socket.IPPROTO_ICMP, 0),
          (socket.IPPROTO_ICMPV6, 128), (socket.IPPROTO_ICMPV6, 129)}


def _socket(device, buffer, code=()):
    # Bound only when the filter is there: nothing else is ever counted.
    s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    if code:
        program = b"".join(struct.pack("=HBBI", *line) for line in code)
        memory = ctypes.create_string_buffer(program)
        s.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                     struct.pack("@HP", len(code), ctypes.addressof(memory)))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    s.setblocking(False)
    s.bind((device, ETH_P_ALL))
    return s


class Tap:
    """Keeps what comes in at a device until it is closed; for little traffic."""

    def __init__(self, device):
        self._device = _socket(device, 1 << 22)
        self._above = [socket.socket(family, socket.SOCK_RAW, protocol)
                       for family, protocols in PROTOCOLS.items() for protocol in protocols]
        for s in self._above:
            s.setblocking(False)

    def close(self):
        """{"arrived": what came in at the device, "delivered": what passed all rules},
        each as [[source, source port, destination port]], each once. An ICMP echo has
        its identifier in place of both ports."""
        arrived = {_conversation(packet) for packet, (_, _, kind, *_) in _drain(self._device)
                   if kind != socket.PACKET_OUTGOING}
        delivered = set()
        for s in self._above:
            family, protocol = s.family, s.proto
            for packet, (source, *_) in _drain(s):
                # Of IPv6 there is no header here.
                delivered.add(_conversation(packet) if family == socket.AF_INET else
                              _ports(source, protocol, packet))
        return {"arrived": sorted(arrived - {None}), "delivered": sorted(delivered - {None})}


def _drain(s):
    with s:
        while True:
            try:
                yield s.recvfrom(128)
            except BlockingIOError:
                return


def _conversation(packet):
    """(source, source port, destination port); None if it has none."""
    version = packet[0] >> 4 if packet else 0
    if version == 4 and len(packet) >= 20:
        return _ports(socket.inet_ntop(socket.AF_INET, packet[12:16]), packet[9],
                      packet[(packet[0] & 15) * 4:])
    if version == 6 and len(packet) >= 40:
        return _ports(socket.inet_ntop(socket.AF_INET6, packet[8:24]), packet[6], packet[40:])
    return None


def _ports(source, protocol, body):
    if len(body) >= 8 and protocol in (socket.IPPROTO_TCP, socket.IPPROTO_UDP):
        return (source, *struct.unpack_from("!HH", body))
    if len(body) >= 8 and (protocol, body[0]) in ECHOES:
        return (source, *struct.unpack_from("!H", body, 4) * 2)
    return None


class Counter:
    """Counts, in the kernel, the UDP packets from a source to a port; for any traffic."""

    def __init__(self, device, source, port):
        # Of the least size: a packet that finds no room is counted all the same.
        self._socket = _socket(device, 1, _filter(source, port))
        self._count = 0

    def read(self):
        # Packets and, among them, those that found no room. Reading begins anew.
        self._count += struct.unpack("=II", self._socket.getsockopt(
            SOL_PACKET, PACKET_STATISTICS, 8))[0]
        return self._count

    def close(self):
        self._socket.close()


def _filter(source, port):
    """Classic BPF: UDP from `source` to `port`, without IPv4 options or IPv6 extensions."""
    if ":" in source:
        words = struct.unpack("!4I", socket.inet_pton(socket.AF_INET6, source))
        version, protocol, udp = 0x60, 6, 40
        checks = [(LOAD_WORD, 8 + 4 * i, word) for i, word in enumerate(words)]
    else:
        version, protocol, udp = 0x40, 9, 20
        checks = [(LOAD_WORD, 12, *struct.unpack("!I", socket.inet_aton(source)))]
    checks += [(LOAD_BYTE, protocol, socket.IPPROTO_UDP), (LOAD_HALF, udp + 2, port)]
    code = [(LOAD_BYTE, 0, 0, 0), (AND, 0, 0, 0xF0),
            (JUMP_IF_EQUAL, 0, 2 * len(checks) + 1, version)]
    for i, (load, offset, value) in enumerate(checks):
        left = 2 * (len(checks) - i - 1) + 1  # Lines to jump over, to the last one.
        code += [(load, 0, 0, offset), (JUMP_IF_EQUAL, 0, left, value)]
    return [*code, (RETURN, 0, 0, 1), (RETURN, 0, 0, 0)]
