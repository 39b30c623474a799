"""Does a statement speak of what is asked? Action, then resource or principal, then conditions, in three truths."""

from app.core.policy.model import Asked, Statement, Trusted
from app.core.policy.resources import Resource
from app.core.policy.truth import Truth, all_of, any_of


class Question:
    """What is asked, made ready once for all statements."""

    __slots__ = ("action", "asked", "context", "resource", "trusted")

    def __init__(self, asked: Asked, trusted: Trusted | None = None) -> None:
        self.asked = asked
        self.action = asked.action.lower()
        self.resource = Resource.from_text(asked.resource)
        self.context = asked.context
        self.trusted = trusted

    def applies(self, statement: Statement) -> Truth:
        """Whether the statement speaks of this; None where that cannot be told, so that a Deny does and an Allow does not."""
        if not self.acts(statement):
            return False
        meant = self.means(statement)
        if meant is False or not statement.conditions:
            return meant
        met = all_of([condition.met(self.context) for condition in statement.conditions])
        return met if meant or met is False else None

    def acts(self, statement: Statement) -> bool:
        """Whether it is about this action."""
        action = self.action
        for glob in statement.actions:
            if glob.matches(action):
                return not statement.not_action
        return statement.not_action

    def means(self, statement: Statement) -> Truth:
        """Whether it is about this resource, or, in a trust policy, this caller."""
        if statement.principals is not None:
            trusted = self.trusted
            if trusted is None:
                return None
            return statement.principals.include(federated=trusted.federated, aws=trusted.aws, service=trusted.service)
        resources = statement.resources
        fits = (
            resources[0].matches(self.resource, self.context)
            if len(resources) == 1
            else any_of([resource.matches(self.resource, self.context) for resource in resources])
        )
        return fits if fits is None or not statement.not_resource else not fits
