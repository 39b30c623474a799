import os
from typing import NoReturn

import pytest

KNOWN = frozenset({"postgres", "redis", "chromium", "node", "php", "slapd", "nginx", "apache", "store", "ceph"})


def required() -> frozenset[str]:
    """What POOLHOUSE_REQUIRE says this run must have; a name it does not know is an error, not a silent skip."""
    names = frozenset(name.strip() for name in os.environ.get("POOLHOUSE_REQUIRE", "").split(",")) - {""}
    if unknown := names - KNOWN:
        raise pytest.UsageError(
            f"POOLHOUSE_REQUIRE: unknown {', '.join(sorted(unknown))}; known: {', '.join(sorted(KNOWN))}"
        )
    return names


def lack(name: str, reason: str) -> NoReturn:
    """Skip the test for lack of `name`; fail it where the run requires `name`."""
    assert name in KNOWN
    if name in required():
        pytest.fail(f"POOLHOUSE_REQUIRE asks for {name}, but {reason}", pytrace=False)
    pytest.skip(f"no {name}: {reason}")
