from dataclasses import dataclass

_FIRST_PAUSES = (5, 30, 120, 600, 1500)
"""Seconds before each further try: all of them within the hour that the shortest code lives."""

MOST_TRIES = len(_FIRST_PAUSES) + 1
CLAIM_SECONDS = 120
"""How long a worker may take for one delivery before another may repeat it: longer than every transport's timeouts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One thing to be sent. ``tries`` counts claims, this one included, and fences: who holds an older count changes nothing."""

    delivery_id: str
    kind: str
    payload: str
    created_at: int
    due_at: int
    tries: int = 0


def next_pause(tries: int) -> int | None:
    """Seconds to wait after so many tries; None: it has been tried enough."""
    return _FIRST_PAUSES[tries - 1] if tries < MOST_TRIES else None
