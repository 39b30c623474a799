"""Calls to addresses that somebody configured: one port, behind which every such call is guarded."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from app.core.kernel.errors import Fact


class OutboundRefused(Fact):
    """The address may not be called from here; nothing was sent."""

    message = "The address may not be called."


class OutboundFailed(Fact):
    """Nobody answered, or not in time, or not in HTTP."""

    message = "The call failed."


class Places(Protocol):
    """Room for those who wait for a server elsewhere. It is smaller than the house, so that a silent one never takes all of it."""

    def place(self) -> AbstractContextManager[None]:
        """Held while waiting; a thread that has one gets it again. Raises ``OutboundFailed`` at once where all are taken."""


class Outbound(Protocol):
    """Addresses are checked when they are connected to, redirects are not followed, time is limited, and of the answer
    only the status is read.
    """

    def post_form(self, url: str, fields: Mapping[str, str]) -> int:
        """Sends the fields form-encoded; the status of the answer. Raises ``OutboundRefused``, ``OutboundFailed``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer whose body was read whole."""

    status: int
    body: bytes


class Fetch(Protocol):
    """As ``Outbound``, for documents that somebody else publishes."""

    def get(self, url: str, *, largest: int) -> Fetched:
        """A body of more than ``largest`` bytes is no answer. Raises ``OutboundRefused``, ``OutboundFailed``."""
