"""The policy that limits an access key: a document like a role's, kept with the key and decided by ``Authority``."""

import json
from collections.abc import Mapping
from typing import Any

from app.core.policy import PolicyKind, parse


def read_policy(document: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """The document as it is kept. Raises ``MalformedPolicy`` for anything this server would not enforce as it is written."""
    parse(document, PolicyKind.IDENTITY, name="access key")
    if isinstance(document, Mapping):
        return document
    kept: Mapping[str, Any] = json.loads(document)
    return kept
