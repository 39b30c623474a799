import socket


def free_port() -> int:
    """A loopback port that nobody listens on now.

    Between this answer and its use another process may take it; the kernel hands ports out in a wide circle, so that
    does not happen in practice, and a server that finds its port taken fails loudly.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
