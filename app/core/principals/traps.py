"""What a role's documents say and rarely mean. IAM has no place for it in an answer, so whoever shows it finds it here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.core.policy import PolicyKind, lint, parse
from app.core.principals.model import Role

TRUST = ""
"""The name under which a role's trust policy is told apart from its inline ones, which all have one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """``policy`` is the inline policy's name, or ``TRUST``; ``code`` is stable, ``text`` a sentence for people."""

    policy: str
    code: str
    text: str


def find_traps(role: Role, *, guest: bool = False) -> tuple[Trap, ...]:
    """The known traps in the role's trust and policies; ``guest`` where people who never signed in are given the role."""
    found = list(_traps(TRUST, role.trust, PolicyKind.TRUST, guest=guest))
    for name, document in role.policies.items():
        found += _traps(name, document, PolicyKind.IDENTITY, guest=guest)
    return tuple(found)


def _traps(name: str, document: Mapping[str, Any], kind: PolicyKind, *, guest: bool) -> Iterator[Trap]:
    for finding in lint(parse(document, kind), guest=guest):
        yield Trap(policy=name, code=finding.code, text=finding.text)
