"""Time, injected. All times in the core are Unix seconds as ``int``."""

from typing import Protocol


class Clock(Protocol):
    """Our own time, which a test or the development clock may move."""

    def now(self) -> int:
        """Unix seconds of our clock: expiry, issue times, lockout."""

    def real(self) -> int:
        """Unix seconds of the machine: only for comparing with times that others wrote (SAML, upstream tokens, SigV4)."""
