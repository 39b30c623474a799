"""Tags of pools: what a key and a value may be, and how many (Cognito: TagResource)."""

import re
from collections.abc import Iterable, Mapping

from app.core.pools.errors import TagsRefused

MOST_TAGS = 50
_REFUSED = re.compile(r"[^\w .:/=+\-@]")
"""AWS allows letters, spaces, digits and ``_ . : / = + - @`` in keys and values."""


def check_tags(tags: Mapping[str, str]) -> None:
    """Raises ``TagsRefused``."""
    if len(tags) > MOST_TAGS:
        raise TagsRefused(f"A resource has at most {MOST_TAGS} tags.")
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            raise TagsRefused("Tag keys that begin with aws: are reserved.")
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise TagsRefused("A tag key has 1 to 128 characters and a tag value at most 256.")
        if _REFUSED.search(key) or _REFUSED.search(value):
            raise TagsRefused("Tags hold letters, digits, spaces and _ . : / = + - @ only.")


def with_tags(before: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """What TagResource leaves: the given tags over those there were. Raises ``TagsRefused``."""
    tags = {**before, **given}
    check_tags(tags)
    return tags


def without_tags(before: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    """What UntagResource leaves; a key that is not there is no mistake."""
    gone = frozenset(keys)
    return {key: value for key, value in before.items() if key not in gone}
