"""Three truths: yes, no, and None for what cannot be known, which an Allow takes for no and a Deny for yes."""

from collections.abc import Iterable

Truth = bool | None


def any_of(truths: Iterable[Truth]) -> Truth:
    """Yes if one is; else unknown if one is."""
    unknown = False
    for truth in truths:
        if truth:
            return True
        if truth is None:
            unknown = True
    return None if unknown else False


def all_of(truths: Iterable[Truth]) -> Truth:
    """No if one is; else unknown if one is."""
    unknown = False
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            unknown = True
    return None if unknown else True
