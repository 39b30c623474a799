"""``lint``: what is sound and still rarely meant."""

from dataclasses import dataclass

from app.core.policy.model import Policy, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``code`` is stable; ``statement`` is None where the whole document is meant."""

    code: str
    statement: Statement | None
    text: str


def lint(policy: Policy, *, guest: bool = False) -> tuple[Finding, ...]:
    """The known traps in a policy; ``guest`` where people who never signed in are given it."""
    del policy, guest
    return ()
