"""A port to listen on: the one that was asked for, or the next one that nobody uses."""

from __future__ import annotations

import socket

from tools.progress import Failed, say

LOOPBACK = "127.0.0.1"
USUAL_PORT = 8642
TRIED = 20
HIGHEST_PORT = 65535


def free_port(asked: str = "") -> int:
    """``asked`` (the text of LOTLINE_PORT) if it is free; without it, the usual port or the next free one after it.

    A port that was asked for and is busy is a failure: whoever named it relies on it.
    """
    if asked:
        if not asked.isdecimal() or not 1 <= int(asked) <= HIGHEST_PORT:
            raise Failed(f"LOTLINE_PORT is {asked!r}, which is not a port.", f"Give a number from 1 to {HIGHEST_PORT}.")
        if not is_free(int(asked)):
            raise Failed(f"port {asked} is used by another program.", "Stop that program, or set LOTLINE_PORT to another number.")
        return int(asked)
    for port in range(USUAL_PORT, USUAL_PORT + TRIED):
        if is_free(port):
            if port != USUAL_PORT:
                say(f"port {USUAL_PORT} is used by another program (perhaps a Lotline that already runs); taking {port}")
            return port
    raise Failed(f"the ports {USUAL_PORT} to {USUAL_PORT + TRIED - 1} are all in use.", "Set LOTLINE_PORT to a free one.")


def is_free(port: int) -> bool:
    """Whether a server can listen on ``port`` of this computer."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last user has just gone counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
