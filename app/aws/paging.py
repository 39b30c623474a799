"""Page tokens: opaque to the client, authenticated, and good for the query alone that they came from."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.errors import AwsError
from app.core.kernel.clock import Clock
from app.core.kernel.sealing import Hasher, Sealer, Unsealable

LIFETIME_SECONDS = 3600
_LONGEST = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Sealed under a key of its own, so that a position (a name, an address) is nobody's to read."""

    hasher: Hasher
    clock: Clock

    def write(self, operation: str, bound: Mapping[str, Any], position: Mapping[str, Any]) -> str:
        """The token that continues after ``position``; ``bound`` is everything of the query that must be the same next time."""
        content = json.dumps({"p": position, "e": self.clock.now() + LIFETIME_SECONDS}).encode()
        return urlsafe_b64encode(self._sealer.seal(content, row=_row(operation, bound)).encode()).decode()

    def read(self, operation: str, bound: Mapping[str, Any], token: str) -> Mapping[str, Any]:
        """The position. Raises ``InvalidParameterException`` for another query's token, an expired one and nonsense."""
        refused = AwsError("InvalidParameterException", "Invalid pagination token given.")
        try:
            if len(token) > _LONGEST:
                raise refused
            blob = urlsafe_b64decode(token.encode("ascii")).decode("ascii")
            content = json.loads(self._sealer.unseal(blob, row=_row(operation, bound)))
        except (ValueError, Unsealable) as error:
            raise refused from error
        if content["e"] <= self.clock.now():
            raise refused
        position: Mapping[str, Any] = content["p"]
        return position

    @property
    def _sealer(self) -> Sealer:
        return Sealer((self.hasher.derive("page tokens"),))


def _row(operation: str, bound: Mapping[str, Any]) -> str:
    return f"{operation}:{json.dumps(bound, sort_keys=True, default=str)}"
