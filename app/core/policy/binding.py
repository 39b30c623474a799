"""``bind``: a policy for an enforcer that does not know our context keys: what one session fixes is written into it."""

from typing import Any

from app.core.policy.model import Policy
from app.core.policy.variables import Context


def bind(policy: Policy, context: Context) -> dict[str, Any]:
    """The policy with the session's own variables replaced by escaped literals; what only a request knows is left."""
    raise NotImplementedError
