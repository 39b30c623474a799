import os
import secrets
import socket
from itertools import count

# Below every system's range of ports for outgoing connections (Linux 32768, gVisor 16000), and above those a browser refuses.
_LOWEST, _HIGHEST = 10100, 15900
_PROCESSES = 4
_NUMBER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _PROCESSES
_ROUNDS = (_HIGHEST - _LOWEST) // (2 * _PROCESSES)
_TURNS = count(secrets.randbelow(_ROUNDS))


def free_port() -> int:
    """A loopback port where nobody listens, and nobody on the next one, where `poolhouse run --demo` puts its application.

    The kernel never gives it away to an outgoing connection (asked for port 0 it names one that it may), and no other
    process of the same test run is told it: each has every fourth pair for itself.
    """
    for _ in range(_ROUNDS):
        port = _LOWEST + 2 * (next(_TURNS) % _ROUNDS * _PROCESSES + _NUMBER)
        if _is_free(port) and _is_free(port + 1):
            return port
    raise OSError(f"no two free ports between {_LOWEST} and {_HIGHEST}")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
