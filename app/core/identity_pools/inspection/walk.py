from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from app.core.identity_pools.model import Identity, IdentityPool, VerifiedLogin
from app.core.identity_pools.service import SESSION_NAME, TRUSTED, IdentityCredentials
from app.core.identity_pools.sessions.guests import SESSION_POLICIES
from app.core.identity_pools.sessions.proof import context_of, methods_of, tags_of
from app.core.identity_pools.sessions.roles import choose_role, find_mapping, rule_matches
from app.core.kernel.errors import Fact
from app.core.policy import Asked, Decision, explain
from app.core.principals.authority import Authority
from app.core.principals.model import Principal, Role, RoleSession
from app.core.principals.trust import WITH_TOKEN, trust_decisions

Found = TypeVar("Found")

NOBODY_YET = "00000000-0000-0000-0000-000000000000"
"""The id that stands for an identity which the login would make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stage on the way: what it is about, what was found, and whether the way goes on."""

    title: str
    lines: tuple[str, ...]
    passed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The stages in order; the last one is the verdict, or where the way ended."""

    steps: tuple[Step, ...]

    @property
    def allowed(self) -> bool:
        return all(step.passed for step in self.steps)


class _Ended(Exception):  # noqa: N818 - the way's end, not an error
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Walking:
    """From a token to a verdict, telling each stage. No identity is made and no credentials are vended."""

    credentials: IdentityCredentials
    authority: Authority

    def walk(
        self, pool: IdentityPool, given: Mapping[str, str], asked: Asked, *, custom_role: str | None = None
    ) -> Walk:
        """Every stage from the logins to the verdict on ``asked``, up to the first that refuses."""
        steps: list[Step] = []
        try:
            logins = self._tried(steps, "Login", lambda: self.credentials.logins.verify_all(pool, given), _of_logins)
            identity_id = self._tried(steps, "Identity", lambda: self._identity(pool, logins), _of_identity)
            steps.append(Step(title="Role mapping", lines=_mapping(pool, logins)))
            role = self._tried(steps, "Role", lambda: self._role(pool, logins, custom_role), lambda role: (role.arn,))
            session = self._session(pool, identity_id[0], logins, role)
            _trust(steps, role, session, asked.context)
            steps.append(Step(title="Effective policies", lines=_policies(role, session)))
            _verdict(steps, self.authority, session, asked)
        except _Ended:
            pass
        return Walk(steps=tuple(steps))

    def _tried(
        self,
        steps: list[Step],
        title: str,
        attempt: Callable[[], Found],
        told: Callable[[Found], tuple[str, ...]],
    ) -> Found:
        try:
            found = attempt()
        except Fact as refused:
            self._end(steps, title, refused.text)
            raise _Ended from refused
        steps.append(Step(title=title, lines=told(found)))
        return found

    @staticmethod
    def _end(steps: list[Step], title: str, line: str) -> None:
        steps.append(Step(title=title, lines=(line,), passed=False))

    def _role(self, pool: IdentityPool, logins: Sequence[VerifiedLogin], custom: str | None) -> Role:
        arn = choose_role(pool, logins, custom)
        role = self.credentials.find_role(arn)
        if role is None or role.account_id != pool.account_id:
            raise Fact(f"There is no role {arn} in the pool's account.")
        return role

    def _identity(self, pool: IdentityPool, logins: Sequence[VerifiedLogin]) -> tuple[str, Identity | None]:
        """The identity of the logins, or the one they would make."""
        known = self.credentials.resolving.known(pool, logins) if logins else []
        if len(known) > 1:
            raise Fact("The logins belong to different identities: " + ", ".join(each.identity_id for each in known))
        if known:
            return known[0].identity_id, known[0]
        if not logins and not pool.allows_guests:
            raise Fact("Unauthenticated access is not supported for this identity pool.")
        return f"{pool.region}:{NOBODY_YET}", None

    def _session(
        self, pool: IdentityPool, identity_id: str, logins: Sequence[VerifiedLogin], role: Role
    ) -> RoleSession:
        now = self.credentials.clock.now()
        return session_of(
            pool,
            identity_id,
            role,
            methods=methods_of(pool, logins, self.credentials.logins.names),
            tags=tags_of(pool, logins),
            guest=not logins,
            now=now,
        )


def session_of(
    pool: IdentityPool,
    identity_id: str,
    role: Role,
    *,
    methods: Sequence[str],
    tags: Mapping[str, str],
    guest: bool,
    now: int,
) -> RoleSession:
    """The session that GetCredentialsForIdentity would vend, without credentials."""
    return RoleSession(
        role_arn=role.arn,
        role_id=role.role_id,
        session_name=SESSION_NAME,
        account_id=role.account_id,
        context=context_of(pool, identity_id, methods),
        tags=tags,
        session_policies=SESSION_POLICIES if guest else (),
        issued_at=now,
        expires_at=now + 3600,
        identity_pool_id=pool.identity_pool_id,
        identity_id=identity_id,
        source="explain",
    )


def principal_of(session: RoleSession) -> Principal:
    return Principal(arn=session.arn, account_id=session.account_id, access_key_id=None, session=session)


def trust_of(
    role: Role, session: RoleSession, surroundings: Mapping[str, tuple[str, ...]] | None = None
) -> list[tuple[Asked, Decision]]:
    """What the role's trust policy says of each action that assuming it takes. ``surroundings`` are a request's condition keys."""
    context = {**(surroundings or {}), **session.context}
    return trust_decisions(
        role, TRUSTED, WITH_TOKEN, session_name=session.session_name, context=context, tags=session.tags
    )


def _trust(steps: list[Step], role: Role, session: RoleSession, surroundings: Mapping[str, tuple[str, ...]]) -> None:
    decisions = trust_of(role, session, surroundings)
    passed = all(decision.allowed for _, decision in decisions)
    lines = tuple(explain(decision, asked) for asked, decision in decisions)
    steps.append(Step(title="Trust policy", lines=lines, passed=passed))
    if not passed:
        raise _Ended


def _verdict(steps: list[Step], authority: Authority, session: RoleSession, asked: Asked) -> None:
    principal = principal_of(session)
    decision = authority.decide(principal, asked)
    word = "Allowed." if decision.allowed else f"Denied ({decision.verdict.name})."
    said = explain(decision, authority.completed(principal, asked))
    missing = (
        (f"The request has no {', '.join(decision.missing_keys)}; give it with --context.",)
        if not decision.allowed and decision.missing_keys
        else ()
    )
    steps.append(Step(title="Verdict", lines=(word, said, *missing), passed=decision.allowed))


def _of_logins(logins: Sequence[VerifiedLogin]) -> tuple[str, ...]:
    if not logins:
        return ("No login: a guest.",)
    return tuple(
        f"{login.login.provider}: {login.login.subject}"
        + (f", audience {login.client_id}" if login.client_id is not None else "")
        for login in logins
    )


def _of_identity(found: tuple[str, Identity | None]) -> tuple[str, ...]:
    identity_id, identity = found
    if identity is None:
        return (f"None yet: GetId would make one. {identity_id} stands for it here.",)
    return (identity_id,)


def _mapping(pool: IdentityPool, logins: Sequence[VerifiedLogin]) -> tuple[str, ...]:
    for login in logins:
        mapping = find_mapping(pool, login)
        if mapping is None:
            continue
        if mapping.get("Type") == "Token":
            return (
                "By the token's claims.",
                f"cognito:preferred_role: {login.claims.get('cognito:preferred_role', 'absent')}",
                f"cognito:roles: {login.claims.get('cognito:roles', 'absent')}",
            )
        rules = mapping.get("RulesConfiguration", {}).get("Rules", ())
        return tuple(
            f"{'hit ' if rule_matches(rule, login.claims) else 'miss'} {number}: {rule['Claim']} {rule['MatchType']} "
            f"{rule['Value']!r} (the token has {login.claims.get(rule['Claim'], 'no such claim')!r}) -> {rule['RoleARN']}"
            for number, rule in enumerate(rules, 1)
        )
    return ("None for this login: the default role.",)


def _policies(role: Role, session: RoleSession) -> tuple[str, ...]:
    named = [f'policy "{name}" of the role' for name in role.policies] or ["The role has no policies."]
    if session.session_policies:
        named.append("and no more than guests may at most do (the session policies of guests)")
    return tuple(named)
