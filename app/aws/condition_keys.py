"""The condition keys that every request settles, whatever its service (IAM: global condition context keys)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

ConditionKeys = Callable[[str], Mapping[str, tuple[str, ...]]]
"""What the request at hand settles for policies, in this region."""


def request_keys(
    *,
    address: str | None,
    is_secure: bool,
    now: int,
    region: str,
    user_agent: str | None = None,
    referer: str | None = None,
) -> Mapping[str, tuple[str, ...]]:
    """``now`` in Unix seconds. Keys in lower case; what is not known is absent."""
    keys = {
        "aws:securetransport": ("true" if is_secure else "false",),
        "aws:currenttime": (datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),),
        "aws:epochtime": (str(now),),
        "aws:requestedregion": (region,),
    }
    given = {"aws:sourceip": address, "aws:useragent": user_agent, "aws:referer": referer}
    return keys | {key: (value,) for key, value in given.items() if value}
