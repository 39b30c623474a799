"""May somebody assume a role? The role's trust policy alone says so, and leave to write tags where the session has any."""

from collections.abc import Mapping

from app.core.policy import Asked, Decision, PolicyKind, Trusted, decide_trust, parse
from app.core.principals.model import Role

WITH_TOKEN, BY_CALLER, TAG = "sts:AssumeRoleWithWebIdentity", "sts:AssumeRole", "sts:TagSession"


def trust_decisions(
    role: Role,
    trusted: Trusted,
    action: str,
    *,
    session_name: str,
    context: Mapping[str, tuple[str, ...]],
    tags: Mapping[str, str],
) -> list[tuple[Asked, Decision]]:
    """What the trust policy says of each action that assuming the role takes (IAM: sts:TagSession); all must be allowed.

    ``context`` holds condition keys of the request and of who asks.
    """
    known = {
        **context,
        "sts:rolesessionname": (session_name,),
        **({"aws:tagkeys": tuple(tags)} if tags else {}),
        **{f"aws:requesttag/{key.lower()}": (value,) for key, value in tags.items()},
    }
    trust = parse(role.trust, PolicyKind.TRUST)
    asked = [
        Asked(action=needed, resource=role.arn, context=known) for needed in ((action, TAG) if tags else (action,))
    ]
    return [(each, decide_trust(trust, trusted, each)) for each in asked]


def is_trusted(
    role: Role,
    trusted: Trusted,
    action: str,
    *,
    session_name: str,
    context: Mapping[str, tuple[str, ...]],
    tags: Mapping[str, str],
) -> bool:
    """Whether all of ``trust_decisions`` allow it."""
    decisions = trust_decisions(role, trusted, action, session_name=session_name, context=context, tags=tags)
    return all(decision.allowed for _, decision in decisions)
