from collections.abc import Mapping
from dataclasses import dataclass

from app.aws.errors import AwsError
from app.aws.models import OperationModel
from app.core.kernel.errors import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class FactNames:
    """What one JSON API calls the core's facts. ``names`` has one for ``Fact`` itself; the most specific class decides.

    ``instead`` is the nearest error for one that an operation does not model; ``always`` are told whether it does or not.
    """

    names: Mapping[type[Fact], str]
    instead: Mapping[str, str]
    always: frozenset[str] = frozenset()

    def name_of(self, fact: type[Fact]) -> str:
        """The exception that stands for this kind of fact, whatever the operation."""
        return next(self.names[kind] for kind in fact.__mro__ if kind in self.names)

    def translate(self, operation: OperationModel, fact: Fact) -> AwsError:
        """The fact as one of the operation's own modelled errors. Every operation models InvalidParameterException."""
        name = self.name_of(type(fact))
        while name not in operation.errors and name in self.instead:
            name = self.instead[name]
        if name not in operation.errors and name not in self.always:
            name = "InvalidParameterException"
        return AwsError(name, fact.text)
