"""Policy documents as roles and access keys keep them; ``Authority`` decides by them."""

import json
from collections.abc import Mapping
from typing import Any

from app.core.policy import PolicyKind, parse


def read_policy(document: str | Mapping[str, Any], kind: PolicyKind = PolicyKind.IDENTITY) -> Mapping[str, Any]:
    """The document as it is kept. Raises ``MalformedPolicy`` for anything this server would not enforce as it is written."""
    parse(document, kind)
    if isinstance(document, Mapping):
        return document
    kept: Mapping[str, Any] = json.loads(document)
    return kept
