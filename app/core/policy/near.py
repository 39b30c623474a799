"""Why a refusal is one: the statements that would have allowed but for one part, the nearest first."""

from app.core.policy.model import Asked, NearMiss, Policy, Trusted


def nearest(
    policies: tuple[Policy, ...], asked: Asked, trusted: Trusted | None
) -> tuple[tuple[NearMiss, ...], tuple[str, ...]]:
    """The nearest misses, and the context keys that statements about this action read and the request does not carry."""
    del policies, asked, trusted
    return (), ()
