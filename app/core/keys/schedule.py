"""When a key is published, signs and leaves: pure functions of the keys and the time.

A new key is published long before it signs, so that every relying party and every worker knows it by then; an old one
stays until the last token it signed has expired. Only a compromise (``now=True``) breaks both promises, on purpose.
"""

from collections.abc import Iterable

from app.core.keys.model import KeyPurpose, SigningKey

JWKS_MAX_AGE = 300
"""Seconds a relying party may keep a JWKS answer; the endpoint sends it as ``Cache-Control: max-age``."""

_CACHE_SECONDS = 5
"""How old a worker's own view may be: a quarter of a second, and generous room for a busy machine."""

PUBLISHED_AHEAD = 2 * (JWKS_MAX_AGE + _CACHE_SECONDS)
"""A relying party that fetched just before the new key appeared has fetched again before it signs, even if one fetch failed."""

LONGEST_TOKEN = 86_400
"""No ID or access token lives longer than a day (Cognito: AccessTokenValidity, IdTokenValidity)."""

_MARGIN = JWKS_MAX_AGE
"""Room for the clocks of others, which may believe an expired token a little longer."""


def choose_signing(keys: Iterable[SigningKey], purpose: KeyPurpose, *, now: int) -> SigningKey | None:
    """The youngest key of the purpose that may sign; None where there is none.

    Where the clock was set back before every key's start, the first one signs: a signature beats an outage.
    """
    live = [key for key in keys if key.purpose is purpose and is_published(key, now=now)]
    started = [key for key in live if key.signs_from <= now]
    if started:
        return max(started, key=_age)
    return min(live, key=_age, default=None)


def _age(key: SigningKey) -> tuple[int, bool, int, str]:
    """Orders keys by when they sign. Of two that begin together, the one without a successor outlives the other."""
    return (key.signs_from, key.published_until is None, key.created_at, key.kid)


def is_published(key: SigningKey, *, now: int) -> bool:
    """Whether the key is in the JWKS, which is also whether its signatures count."""
    return key.published_until is None or now < key.published_until


def choose_published(keys: Iterable[SigningKey], *, now: int) -> list[SigningKey]:
    """What the JWKS shows: ID keys before access keys, as in Cognito, each oldest first."""
    order = list(KeyPurpose)
    shown = [key for key in keys if is_published(key, now=now)]
    return sorted(shown, key=lambda key: (order.index(key.purpose), key.created_at, key.signs_from, key.kid))


def next_signs_from(current: SigningKey | None, *, now: int, at_once: bool) -> int:
    """When a key made now begins to sign. The first of its purpose has nothing to wait for."""
    return now if at_once or current is None else now + PUBLISHED_AHEAD


def last_published(successor_signs_from: int, *, now: int, at_once: bool) -> int:
    """Until when the predecessor stays: until its last token has expired; in a compromise it is gone now."""
    return now if at_once else successor_signs_from + LONGEST_TOKEN + _MARGIN
