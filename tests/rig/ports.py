"""Free ports that stay free for the one who asked."""

from __future__ import annotations

import socket

LOCALHOST = "127.0.0.1"


def reserve() -> socket.socket:
    """Returns a socket bound to a free port; the port is the caller's while the socket is open.

    The socket does not listen, so a server that sets SO_REUSEADDR (they all do) may listen on the port, and
    may come back to it after a restart. Nobody who asks for "any free port" is given it in the meantime.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind((LOCALHOST, 0))
    return holder
