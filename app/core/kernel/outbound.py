"""Calls to addresses that somebody configured: one port, behind which every such call is guarded."""

from collections.abc import Mapping
from typing import Protocol

from app.core.kernel.errors import Fact


class OutboundRefused(Fact):
    """The address may not be called from here; nothing was sent."""

    message = "The address may not be called."


class OutboundFailed(Fact):
    """Nobody answered, or not in time, or not in HTTP."""

    message = "The call failed."


class Outbound(Protocol):
    """Addresses are checked when they are connected to, redirects are not followed, time is limited, and of the answer
    only the status is read.
    """

    def post_form(self, url: str, fields: Mapping[str, str]) -> int:
        """Sends the fields form-encoded; the status of the answer. Raises ``OutboundRefused``, ``OutboundFailed``."""
