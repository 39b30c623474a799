import socket

from tests.support.leash import Leashed


def listens(port: int, process: Leashed) -> bool:
    """Whether somebody accepts connections on the loopback port; an error where the process that should has ended."""
    if (code := process.ended()) is not None:
        raise RuntimeError(f"it ended with {code} before it listened:\n{process.output()}")
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
