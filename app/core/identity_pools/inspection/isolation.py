"""Does one identity reach what is another's? Two identities, and everything that one may do tried on the other's namespace."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.identity_pools.inspection.walk import principal_of, session_of, trust_of
from app.core.identity_pools.model import DEFAULT_TAGS, IdentityPool
from app.core.identity_pools.provider_names import GUESTS
from app.core.identity_pools.sessions.proof import AUTHENTICATED
from app.core.kernel.clock import Clock
from app.core.kernel.ids import new_uuid
from app.core.policy import Asked, PolicyKind, bind, explain, parse
from app.core.principals.authority import Authority
from app.core.principals.model import Principal, Role, RoleSession

_FILLING = "probe"
_ALSO = {
    "s3": (
        "GetObject",
        "PutObject",
        "DeleteObject",
        "GetObjectVersion",
        "DeleteObjectVersion",
        "GetObjectAcl",
        "PutObjectAcl",
        "GetObjectTagging",
        "PutObjectTagging",
        "AbortMultipartUpload",
        "ListMultipartUploadParts",
        "ListBucket",
        "ListBucketVersions",
    ),
    "dynamodb": (
        "GetItem",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "BatchGetItem",
        "BatchWriteItem",
        "Query",
        "Scan",
        "ConditionCheckItem",
    ),
    "cognito-sync": ("ListRecords", "UpdateRecords", "DeleteDataset", "DescribeDataset", "ListDatasets"),
}
"""What a pattern such as ``s3:*`` or ``dynamodb:*Item`` is tried as."""
_WRITES = ("Put", "Update", "Delete", "BatchWrite")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """One identity may do something with what is another's. ``explanation`` names the statement that lets it."""

    role_arn: str
    action: str
    resource: str
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolationReport:
    """``attempts`` counts what was tried with ``roles`` roles; ``skipped`` says which roles could not be, and why.

    ``notes`` say what was assumed, for whoever reads the result.
    """

    attempts: int
    roles: int
    leaks: tuple[Leak, ...]
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """The verdicts are the authority's, which the gateway asks too."""

    authority: Authority
    clock: Clock

    def check(
        self, pool: IdentityPool, roles: Mapping[str, Role | None], others: Sequence[Role] = ()
    ) -> IsolationReport:
        """Tries every role that the pool names, by ARN; None where there is none of that name.

        ``others`` are the account's: where tokens or their holders choose the role, each that trusts the pool is tried as well.
        """
        attempts, tried_roles, skipped = 0, 0, list[str]()
        leaks: dict[Leak, None] = {}
        for arn, role in roles.items():
            if role is None or role.account_id != pool.account_id:
                skipped.append(f"{arn}: there is no such role in the pool's account")
                continue
            pairs = self._pairs(pool, role)
            if not pairs:
                skipped.append(f"{arn}: its trust policy lets no identity of this pool assume it")
            tried_roles += bool(pairs)
            for mine, theirs in pairs:
                attempts += self._try(role, mine, theirs, leaks)
        for role in others if chooses_freely(pool) else ():
            pairs = [] if role.arn in roles else self._pairs(pool, role)
            tried_roles += bool(pairs)
            for mine, theirs in pairs:
                attempts += self._try(role, mine, theirs, leaks)
        return IsolationReport(
            attempts=attempts, roles=tried_roles, leaks=tuple(leaks), skipped=tuple(skipped), notes=_notes(pool)
        )

    def _try(self, role: Role, mine: RoleSession, theirs: RoleSession, leaks: dict[Leak, None]) -> int:
        """How many attempts were made; those that succeeded are added to ``leaks``."""
        tried = list(dict.fromkeys(self._targets(role, mine, theirs)))
        found = [self._attempt(mine, action, resource, context) for action, resource, context in tried]
        leaks.update(dict.fromkeys(leak for leak in found if leak is not None))
        return len(tried)

    def _pairs(self, pool: IdentityPool, role: Role) -> list[tuple[RoleSession, RoleSession]]:
        """Two identities that may assume the role: without principal tags, and with other ones each where the pool maps some."""
        guest = role.arn == pool.roles.get("unauthenticated")
        keys = () if guest else _tag_keys(pool)
        found = []
        for values in (("", ""), _VALUES) if keys else (("", ""),):
            mine, theirs = (
                self._session(pool, role, _new_id(pool), dict.fromkeys(keys, value) if value else {}, guest=guest)
                for value in values
            )
            if all(decision.allowed for _, decision in trust_of(role, mine)):
                found.append((mine, theirs))
        return found

    def _session(
        self, pool: IdentityPool, role: Role, identity_id: str, tags: Mapping[str, str], *, guest: bool
    ) -> RoleSession:
        """A made-up identity of the pool; it is nowhere stored."""
        return session_of(
            pool,
            identity_id,
            role,
            methods=(GUESTS,) if guest else (AUTHENTICATED,),
            tags=tags,
            guest=guest,
            now=self.clock.now(),
        )

    def _attempt(self, mine: RoleSession, action: str, resource: str, context: "_Context") -> Leak | None:
        principal = principal_of(mine)
        asked = Asked(action=action, resource=resource, context=dict(context))
        decision = self.authority.decide(principal, asked)
        if not decision.allowed:
            return None
        said = explain(decision, self.authority.completed(principal, asked))
        return Leak(role_arn=mine.role_arn, action=action, resource=resource, explanation=said)

    def _targets(self, role: Role, mine: RoleSession, theirs: RoleSession) -> Iterator[tuple[str, str, "_Context"]]:
        """Every action on data that is tried on what is the other's."""
        for place in self._namespace(role, mine, theirs):
            also = (f"{place.vendor}:{name}" for name in _ALSO.get(place.vendor, ()))
            for action in dict.fromkeys((*place.actions, *also)):
                yield action, place.resource, place.context
                if place.by_context:
                    # A condition on a key that the request need not have is met by leaving it out (the Scan hole).
                    yield action, place.resource, ()

    def _namespace(self, role: Role, mine: RoleSession, theirs: RoleSession) -> Iterator["_Place"]:
        """What is the other's: what the policies name by their identity id, and what with their id in its name they may write."""
        them, their_id = principal_of(theirs), theirs.identity_id or ""
        known = [dict(self.authority.completed(principal_of(each), _NOTHING).context) for each in (mine, theirs)]
        for document in role.policies.values():
            policy = parse(document, PolicyKind.IDENTITY)
            of_mine, of_theirs = (_grants(bind(policy, context)) for context in known)
            for ours, other in zip(of_mine, of_theirs, strict=False):
                for place in _places(other, ours, their_id):
                    if (
                        place.by_name
                        or place.by_context
                        or (their_id in place.resource and self._may_write(them, place))
                    ):
                        yield place

    def _may_write(self, them: Principal, place: "_Place") -> bool:
        context = dict(place.context)
        return any(
            self.authority.decide(them, Asked(action=action, resource=place.resource, context=context)).allowed
            for action in place.actions
            if action.partition(":")[2].startswith(_WRITES)
        )


def chooses_freely(pool: IdentityPool) -> bool:
    """Whether a role is vended that the pool does not name: tokens name it, or, in the basic flow, whoever holds one."""
    return pool.allows_classic or any(mapping.get("Type") == "Token" for mapping in pool.role_mappings.values())


def _tag_keys(pool: IdentityPool) -> tuple[str, ...]:
    """The principal tags that the pool makes of claims, whichever provider's."""
    maps = pool.principal_tags.values()
    found = (DEFAULT_TAGS if each.get("UseDefaults") else each.get("PrincipalTags") or {} for each in maps)
    return tuple(dict.fromkeys(key for keys in found for key in keys))


def _notes(pool: IdentityPool) -> tuple[str, ...]:
    notes = []
    if chooses_freely(pool):
        notes.append(
            "Tokens or their holders choose roles here: every role of the account that trusts this pool was tried."
        )
    if keys := _tag_keys(pool):
        notes.append(
            f"The two had different principal tags ({', '.join(keys)}). Identities with the same tag share what the tag opens."
        )
    return tuple(notes)


_VALUES = ("probe", "probe2")
"""One begins with the other: a pattern such as ``${aws:PrincipalTag/tenant}*`` keeps such two together."""
_Context = tuple[tuple[str, tuple[str, ...]], ...]
_NOTHING = Asked(action="sts:GetCallerIdentity", resource="*")


def _new_id(pool: IdentityPool) -> str:
    return f"{pool.region}:{new_uuid()}"


def _grants(bound: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in _listed(bound["Statement"]) if each["Effect"] == "Allow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One resource, its wildcards filled in, with the context in which a statement speaks of it.

    ``by_name`` and ``by_context``: the resource, or a condition, is another for each identity.
    """

    vendor: str
    actions: tuple[str, ...]
    resource: str
    context: _Context
    by_name: bool
    by_context: bool


def _places(statement: Mapping[str, Any], ours: Mapping[str, Any], identity_id: str) -> Iterator[_Place]:
    """Every resource that the statement speaks of. ``ours`` is the same statement as it is bound for the first identity."""
    actions = [action for written in _listed(statement.get("Action", "*")) for action in _actions(written)]
    conditions, our_conditions = statement.get("Condition", {}), ours.get("Condition", {})
    context = _context(conditions, our_conditions, identity_id)
    for written in _listed(statement.get("Resource", "*")):
        for resource in dict.fromkeys((_filled(written, identity_id), _filled(written, f"{identity_id}/{_FILLING}"))):
            for vendor in dict.fromkeys(action.partition(":")[0].lower() for action in actions):
                if resource.startswith("arn:") and resource.split(":", 3)[2] != vendor:
                    continue
                yield _Place(
                    vendor=vendor,
                    actions=tuple(action for action in actions if action.lower().startswith(f"{vendor}:")),
                    resource=resource,
                    context=context,
                    by_name=written not in _listed(ours.get("Resource", "*")),
                    by_context=conditions != our_conditions,
                )


def _actions(written: str) -> list[str]:
    vendor, _, name = written.partition(":")
    if written == "*":
        return [f"{each}:{action}" for each, actions in _ALSO.items() for action in actions]
    if "*" not in name and "?" not in name:
        return [written]
    beginning = name.partition("*")[0].partition("?")[0].lower()
    return [f"{vendor}:{action}" for action in _ALSO.get(vendor.lower(), ()) if action.lower().startswith(beginning)]


def _context(
    conditions: Mapping[str, Mapping[str, Any]], ours: Mapping[str, Mapping[str, Any]], identity_id: str
) -> _Context:
    """Values with which the conditions on the request are met, the other's own where there are any, as far as an example can."""
    found: dict[str, tuple[str, ...]] = {}
    for operator, keys in conditions.items():
        plain = operator.partition(":")[2] or operator
        if plain.startswith(("Null", "StringNot", "NotIp", "ArnNot", "NumericNot", "DateNot")):
            continue
        for key, values in keys.items():
            shared = _listed(ours.get(operator, {}).get(key, []))
            own = [value for value in _listed(values) if value not in shared]
            found[key.lower()] = (_filled(str((own or _listed(values))[0]), identity_id),)
    return tuple(sorted(found.items()))


def _filled(pattern: str, identity_id: str) -> str:
    """The pattern with an example in each wildcard's place: the identity's id where it has none, something where it has."""
    filling = _FILLING if identity_id in pattern else identity_id
    text = pattern.replace("${*}", "\0").replace("${?}", "\1").replace("${$}", "\2")
    text = text.replace("*", filling).replace("?", "p")
    return text.replace("\0", "*").replace("\1", "?").replace("\2", "$")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
