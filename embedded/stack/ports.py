"""Ports of this machine that nobody has."""

import random
import socket
from pathlib import Path
from typing import Final

_GIVEN_AWAY: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_FIRST, _MOST_TRIES = 16_384, 200


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on, of those that the system gives to no connection by itself.

    One of the others may be taken by anybody's next call before a server listens there.
    """
    with socket.socket() as probe:
        for port in random.sample(range(_FIRST, max(_first_given_away(), _FIRST + _MOST_TRIES)), _MOST_TRIES):
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _first_given_away() -> int:
    """From which port on the system chooses for whoever asks for none; Linux and others say 32768 or more."""
    try:
        return int(_GIVEN_AWAY.read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 32_768
