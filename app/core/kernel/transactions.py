"""The one way a use case makes several writes one."""

from contextlib import AbstractContextManager
from typing import Protocol


class Transactions(Protocol):
    """Every store of a use case joins the transaction its thread has open; without one, each write stands alone."""

    def transaction(self) -> AbstractContextManager[None]:
        """Commits on leaving, rolls back on an exception. Never held across a hash, a mail, a trigger or a remote call."""
