"""The partition keys of tables and their indexes, asked of the store and remembered for a moment."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.gateway.refusal import Refusal
from app.gateway.upstream import Upstream

_SECONDS = 5
_MOST = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Names of the partition keys: the table's and each index's."""

    table: str
    indexes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """``monotonic`` gives seconds; a table that was made anew with other keys is known as it is within five of them."""

    upstream: Upstream
    monotonic: Callable[[], float]
    _known: dict[str, tuple[float, Keys]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def find_keys(self, table: str) -> Keys | None:
        """None where there is no such table. Raises ``Refusal`` where the store does not say."""
        known = self._known.get(table)
        if known is not None and self.monotonic() < known[0]:
            return known[1]
        keys = self._ask(table)
        if keys is not None:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[table] = (self.monotonic() + _SECONDS, keys)
        return keys

    def forget(self, table: str) -> None:
        """After whatever may change it."""
        self._known.pop(table, None)

    def _ask(self, table: str) -> Keys | None:
        body = json.dumps({"TableName": table}).encode()
        status, document = ask(self.upstream, "DescribeTable", body)
        if status == 400 and str(document.get("__type", "")).endswith("ResourceNotFoundException"):
            return None
        if status != 200:
            raise Refusal("ServiceUnavailable", "The store behind this gateway does not describe the table.")
        described = document["Table"]
        indexes = [*(described.get("GlobalSecondaryIndexes") or ()), *(described.get("LocalSecondaryIndexes") or ())]
        return Keys(
            table=_partition_key(described),
            indexes={each["IndexName"]: _partition_key(each) for each in indexes},
        )


def ask(upstream: Upstream, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """One call of our own."""
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": f"DynamoDB_20120810.{operation}",
        "content-length": str(len(body)),
    }
    answer = upstream.send("POST", "/", headers, (body,), sha256(body))
    document = json.loads(answer.read() or b"{}")
    return answer.status, document if isinstance(document, dict) else {}


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _partition_key(described: Mapping[str, Any]) -> str:
    names = [each["AttributeName"] for each in described["KeySchema"] if each["KeyType"] == "HASH"]
    if len(names) != 1:
        raise Refusal("NotImplemented", "Keys of several partition attributes are not mapped by this gateway.")
    return str(names[0])
