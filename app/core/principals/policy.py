"""The policy that limits an access key: a document like a role's, kept with the key and decided by ``Authority``."""

from typing import Any

from app.core.policy import MalformedPolicy, PolicyKind, parse


def check_policy(document: Any) -> None:
    """Raises ``MalformedPolicy`` for anything this server would not enforce as it is written."""
    if not isinstance(document, dict):
        raise MalformedPolicy("A policy document is a JSON object with a Statement.")
    parse(document, PolicyKind.IDENTITY, name="access key")
