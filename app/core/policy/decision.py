from dataclasses import dataclass, field

from app.core.policy.matching import Question
from app.core.policy.model import NearMiss, Policy, Statement, Verdict
from app.core.policy.near import missing_keys, nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The verdict and its reason.

    ``statement`` and ``policy`` are those that allowed or denied; both are None where nothing spoke of what was asked, and
    ``silent`` are the policies that should have. ``considered`` are all policies, and ``question`` what they were asked.
    """

    verdict: Verdict
    statement: Statement | None = None
    policy: Policy | None = None
    silent: tuple[Policy, ...] = field(default=(), repr=False, compare=False)
    considered: tuple[Policy, ...] = field(default=(), repr=False, compare=False)
    question: Question | None = field(default=None, repr=False, compare=False)

    @property
    def allowed(self) -> bool:
        return self.verdict is Verdict.ALLOWED

    @property
    def near(self) -> tuple[NearMiss, ...]:
        """The statements that would have allowed but for one part, the nearest first. Worked out when somebody asks."""
        return () if self.question is None else nearest(self.silent, self.question)

    @property
    def missing_keys(self) -> tuple[str, ...]:
        """The context keys, in lower case, that statements about the action read and the request does not carry."""
        return () if self.question is None else missing_keys(self.considered, self.question)
