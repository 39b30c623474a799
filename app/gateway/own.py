"""What the gateway says of itself, and where proxies ask it for a decision."""

from collections.abc import Callable
from dataclasses import dataclass

from app.gateway.exchange import Incoming, Outgoing
from app.gateway.service import OWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """``authorize`` answers proxies that ask; None where no token was set for them."""

    authorize: Callable[[Incoming, str], Outgoing] | None = None

    def answer(self, incoming: Incoming, request_id: str) -> Outgoing:
        """Health for everybody, decisions for who may ask, and nothing else."""
        name = incoming.path.removeprefix(OWN)
        if name == "healthz":
            return _text(200, "ok\n")
        if self.authorize is not None and (name == "authorize" or name.startswith("authorize/")):
            return self.authorize(incoming, request_id)
        return _text(404, "Not found.\n")


def _text(status: int, text: str) -> Outgoing:
    headers = (("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text))))
    return Outgoing(status=status, headers=headers, body=(text.encode(),))
