"""Policies as they are evaluated, what is asked of them, and what they answer. Everything here is immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from app.core.kernel.errors import InvalidParameter
from app.core.policy.conditions import Condition
from app.core.policy.globs import Glob
from app.core.policy.principals import Principals
from app.core.policy.resources import ResourcePattern


class MalformedPolicy(InvalidParameter):
    """A document this server would not enforce as it is written (IAM: MalformedPolicyDocument)."""

    message = "The policy document is malformed."


class PolicyTooLarge(MalformedPolicy):
    """The document is larger than its kind may be (IAM: LimitExceeded, STS: PackedPolicyTooLarge)."""

    message = "The policy document is too large."


class PolicyKind(Enum):
    """Where a document stands: it decides which members it must have and how large it may be."""

    IDENTITY = "identity-based policy"
    SESSION = "session policy"
    BOUNDARY = "permissions boundary"
    TRUST = "trust policy"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Statement:
    """One statement. ``index`` counts from 1. ``keys`` are the context keys that conditions and variables of it read."""

    index: int
    sid: str
    allow: bool
    actions: tuple[Glob, ...]
    action_names: tuple[str, ...]
    not_action: bool = False
    resources: tuple[ResourcePattern, ...] = ()
    not_resource: bool = False
    principals: Principals | None = None
    conditions: tuple[Condition, ...] = ()
    keys: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        """How a text names it: by its Sid, else by where it stands."""
        return f'statement "{self.sid}"' if self.sid else f"statement {self.index}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Policy:
    """A document that was read and found sound. ``size`` is what the quotas of IAM count, in characters."""

    kind: PolicyKind
    name: str
    version: str
    statements: tuple[Statement, ...]
    size: int
    denials: tuple[Statement, ...] = ()
    grants: tuple[Statement, ...] = ()

    @property
    def keys(self) -> frozenset[str]:
        """The context keys that it reads, in lower case (IAM: GetContextKeysForCustomPolicy)."""
        return frozenset().union(*(statement.keys for statement in self.statements))

    @property
    def has_variables(self) -> bool:
        """Whether ``${…}`` means anything in it (IAM: since Version 2012-10-17)."""
        return self.version == "2012-10-17"

    @property
    def label(self) -> str:
        return f'policy "{self.name}"' if self.name else f"the {self.kind.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One action on one resource. Keys of ``context`` are in lower case; a key without values counts as absent."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """Who asks to assume a role: a federated provider (its name or ARN), an AWS principal's ARN, or a service."""

    federated: str | None = None
    aws: str | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """All that limits one caller. Session policies, where there are any, must allow too: their union does. ``()`` allows nothing."""

    identity: tuple[Policy, ...]
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None

    def __post_init__(self) -> None:
        boundary = () if self.boundary is None else (self.boundary,)
        if any(policy.kind is PolicyKind.TRUST for policy in (*self.identity, *boundary, *(self.session or ()))):
            raise ValueError("a trust policy says who may assume a role, not what the role may do")


class Verdict(Enum):
    """What the policies say, in the order in which they are asked (IAM: policy evaluation logic)."""

    ALLOWED = auto()
    EXPLICIT_DENY = auto()
    NO_IDENTITY_ALLOW = auto()
    NOT_IN_BOUNDARY = auto()
    NOT_IN_SESSION = auto()
    NO_TRUST = auto()


class Failing(Enum):
    """The part of a statement that did not fit; a later one is a nearer miss."""

    ACTION = 1
    PRINCIPAL = 2
    RESOURCE = 3
    CONDITION = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A statement that would have allowed but for one part. ``text`` says which, with its variables resolved."""

    policy: Policy
    statement: Statement
    failing: Failing
    text: str
