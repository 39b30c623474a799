from typing import Protocol

from app.core.deliveries.model import Delivery


class PayloadLost(Exception):  # noqa: N818 - a fact about a row
    """The payload cannot be opened any more: sealed under a key that is gone, or altered. The row has been removed."""


class DeliveryStore(Protocol):
    """Payloads are sealed at rest."""

    def add(self, delivery: Delivery) -> None:
        """Joins the open transaction."""

    def claim(self, *, now: int, until: int) -> Delivery | None:
        """The one that is due longest, its ``tries`` one more; of parallel callers nobody gets it again before ``until``. Raises ``PayloadLost``."""

    def remove(self, delivery: Delivery) -> None:
        """Nothing happens where another has claimed it since."""

    def postpone(self, delivery: Delivery, *, due_at: int) -> None:
        """Gives up the claim; nothing happens where another has claimed it since."""


class Handler(Protocol):
    def __call__(self, payload: str, /) -> None:
        """Sends; raises a ``Fact`` where it should be tried again."""


class Wake(Protocol):
    def __call__(self) -> None:
        """Tells whoever drains that there may be something. Never blocks."""
