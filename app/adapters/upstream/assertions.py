from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.identity_pools.refusals import LoginRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlAssertions:
    """The ``Assertions``."""

    public_url: str

    def read(self, document: str, metadata: str, *, now: int) -> Mapping[str, Any]:
        raise LoginRefused
