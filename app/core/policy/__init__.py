"""IAM policies: read, checked, decided and explained; pure, and nothing else in the house decides about a policy.

`parse` refuses at save what could not be enforced as it is written, so `decide` never meets a surprise. `truth` has a third value for
what cannot be known (a variable without a value, a number that is none): an Allow takes it for no, a Deny for yes, on both sides of a
Not. `explain` names the statement and what it lacked, `lint` the traps that are sound JSON, and `bind` writes one session's values into
a policy for an enforcer that does not know them.
"""

from app.core.policy.binding import bind
from app.core.policy.deciding import decide, decide_trust
from app.core.policy.decision import Decision
from app.core.policy.document import QUOTAS, compact
from app.core.policy.explaining import because, explain
from app.core.policy.linting import Finding, lint
from app.core.policy.model import (
    Asked,
    Failing,
    MalformedPolicy,
    NearMiss,
    Policies,
    Policy,
    PolicyKind,
    PolicyTooLarge,
    Statement,
    Trusted,
    Verdict,
)
from app.core.policy.reading import parse
from app.core.policy.variables import PartlyKnown

__all__ = [
    "QUOTAS",
    "Asked",
    "Decision",
    "Failing",
    "Finding",
    "MalformedPolicy",
    "NearMiss",
    "PartlyKnown",
    "Policies",
    "Policy",
    "PolicyKind",
    "PolicyTooLarge",
    "Statement",
    "Trusted",
    "Verdict",
    "because",
    "bind",
    "compact",
    "decide",
    "decide_trust",
    "explain",
    "lint",
    "parse",
]
