"""IAM roles: who may assume them, and what they may do then. Nothing is enforced that is not written in them."""

import json
import logging
import re
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.core.kernel.clock import Clock
from app.core.kernel.errors import Fact, InvalidParameter, QuotaExceeded
from app.core.kernel.recorder import Recorder, Unrecorded
from app.core.kernel.transactions import Transactions
from app.core.policy import PolicyKind
from app.core.principals.findings import findings_of, told
from app.core.principals.model import Role
from app.core.principals.policy import read_policy
from app.core.principals.ports import RoleStore

_log = logging.getLogger("poolhouse.roles")
_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_PATH = re.compile(r"/|/[\x21-\x7e]{1,510}/", re.ASCII)
_ALPHABET = string.ascii_uppercase + string.digits
_MOST_POLICY_CHARACTERS = 10_240
"""All inline policies of a role together, without white space (IAM: quotas)."""
_MOST_ROLES = 1000
_MOST_TAGS = 50


class RoleNotFound(Fact):
    message = "The role cannot be found."


class RoleExists(Fact):
    message = "A role of this name exists."


class RolePolicyNotFound(Fact):
    message = "The role policy cannot be found."


class RoleInUse(Fact):
    """A role still has policies (IAM: DeleteConflict)."""

    message = "Cannot delete entity, must delete policies first."


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Plain management of roles. ``read`` finds by ARN, at most a quarter of a second old; documents are checked when they are saved.

    ``fits`` refuses a role whose policies the configured broker could not carry (raises ``InvalidParameter`` with the number).
    """

    store: RoleStore
    read: Callable[[str], Role | None]
    clock: Clock
    transactions: Transactions
    recorder: Recorder = field(default_factory=Unrecorded)
    fits: Callable[[Role], None] = lambda role: None  # noqa: ARG005 - a port's default that accepts all

    def create(
        self,
        account_id: str,
        name: str,
        trust: str | Mapping[str, Any],
        *,
        path: str = "/",
        description: str = "",
        max_session_seconds: int = 3600,
        tags: Mapping[str, str] | None = None,
    ) -> Role:
        """A new role (IAM: CreateRole). Raises ``InvalidParameter``, ``MalformedPolicy``, ``RoleExists``, ``QuotaExceeded``."""
        _check_names(name, path)
        _check_length(max_session_seconds)
        role = Role(
            name=name,
            account_id=account_id,
            role_id="AROA" + "".join(secrets.choice(_ALPHABET) for _ in range(17)),
            path=path,
            description=description,
            trust=read_policy(trust, PolicyKind.TRUST),
            max_session_seconds=max_session_seconds,
            tags=checked_tags(tags or {}),
            created_at=self.clock.now(),
        )
        with self.transactions.transaction():
            if len(self.store.list_of(account_id)) >= _MOST_ROLES:
                raise QuotaExceeded("There are as many roles as there may be.")
            self.store.add(role)
            self.recorder.record("role.create", "", role=role.arn)
        _warn(role)
        return role

    def get(self, account_id: str, name: str) -> Role:
        """Raises ``RoleNotFound``."""
        return _found(self.store.find(account_id, name), name)

    def find(self, account_id: str, name: str) -> Role | None:
        return self.store.find(account_id, name)

    def find_by_arn(self, arn: str) -> Role | None:
        return self.read(arn)

    def list_of(self, account_id: str, path_prefix: str = "/") -> list[Role]:
        """By name."""
        return self.store.list_of(account_id, path_prefix)

    def update(
        self, account_id: str, name: str, *, description: str | None = None, max_session_seconds: int | None = None
    ) -> Role:
        """Changes what is given (IAM: UpdateRole)."""
        if max_session_seconds is not None:
            _check_length(max_session_seconds)

        def changed(role: Role) -> Role:
            return replace(
                role,
                description=role.description if description is None else description,
                max_session_seconds=max_session_seconds or role.max_session_seconds,
            )

        return self._change(account_id, name, "role.update", changed)

    def update_trust(self, account_id: str, name: str, trust: str | Mapping[str, Any]) -> Role:
        """Another trust policy (IAM: UpdateAssumeRolePolicy). Raises ``MalformedPolicy``."""
        document = read_policy(trust, PolicyKind.TRUST)
        role = self._change(account_id, name, "role.trust", lambda role: replace(role, trust=document))
        _warn(role)
        return role

    def put_policy(self, account_id: str, name: str, policy_name: str, policy: str | Mapping[str, Any]) -> Role:
        """An inline policy, new or replaced (IAM: PutRolePolicy). Raises ``MalformedPolicy``, ``QuotaExceeded``."""
        if not re.fullmatch(r"[\w+=,.@-]{1,128}", policy_name, re.ASCII):
            raise InvalidParameter("The policy's name has 1 to 128 letters, digits and +=,.@-_.")
        document = read_policy(policy)

        def changed(role: Role) -> Role:
            after = replace(role, policies={**role.policies, policy_name: document})
            if sum(map(_size, after.policies.values())) > _MOST_POLICY_CHARACTERS:
                raise QuotaExceeded(f"Maximum policy size of {_MOST_POLICY_CHARACTERS} bytes exceeded for role {name}")
            self.fits(after)
            return after

        role = self._change(account_id, name, "role.policy", changed)
        _warn(role)
        return role

    def get_policy(self, account_id: str, name: str, policy_name: str) -> Mapping[str, Any]:
        """The document. Raises ``RoleNotFound``, ``RolePolicyNotFound``."""
        found = self.get(account_id, name).policies.get(policy_name)
        if found is None:
            raise RolePolicyNotFound(f"The role policy with name {policy_name} cannot be found.")
        return found

    def remove_policy(self, account_id: str, name: str, policy_name: str) -> Role:
        """Raises ``RoleNotFound``, ``RolePolicyNotFound``."""

        def changed(role: Role) -> Role:
            if policy_name not in role.policies:
                raise RolePolicyNotFound(f"The role policy with name {policy_name} cannot be found.")
            return replace(role, policies={key: value for key, value in role.policies.items() if key != policy_name})

        return self._change(account_id, name, "role.policy", changed)

    def tag(self, account_id: str, name: str, tags: Mapping[str, str]) -> Role:
        """More tags, or other values (IAM: TagRole). Raises ``QuotaExceeded``."""
        return self._change(account_id, name, "role.tag", lambda role: replace(role, tags=merged_tags(role.tags, tags)))

    def untag(self, account_id: str, name: str, keys: set[str]) -> Role:
        kept: Callable[[Role], Role] = lambda role: replace(  # noqa: E731 - one expression, named once
            role, tags={key: value for key, value in role.tags.items() if key not in keys}
        )
        return self._change(account_id, name, "role.tag", kept)

    def remove(self, account_id: str, name: str) -> None:
        """Raises ``RoleNotFound``; ``RoleInUse`` while it has policies (IAM: DeleteRole)."""
        with self.transactions.transaction():
            role = self._get_to_change(account_id, name)
            if role.policies:
                raise RoleInUse
            self.store.remove(account_id, name)
            self.recorder.record("role.delete", "", role=role.arn)

    def _change(self, account_id: str, name: str, event: str, change: Callable[[Role], Role]) -> Role:
        with self.transactions.transaction():
            role = change(self._get_to_change(account_id, name))
            self.store.save(role)
            self.recorder.record(event, "", role=role.arn)
        return role

    def _get_to_change(self, account_id: str, name: str) -> Role:
        return _found(self.store.find_to_change(account_id, name), name)


def _warn(role: Role) -> None:
    """What is saved although it is rarely meant is at least said."""
    for line in told(findings_of(role)):
        _log.warning("role.finding", extra={"role": role.arn, "finding": line})


def _found(role: Role | None, name: str) -> Role:
    if role is None:
        raise RoleNotFound(f"The role with name {name} cannot be found.")
    return role


def checked_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags, if a role or a provider may have so many. Raises ``QuotaExceeded``."""
    if len(tags) > _MOST_TAGS:
        raise QuotaExceeded("The number of tags has reached the maximum limit.")
    return dict(tags)


def merged_tags(before: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Tags with others added; a key replaces itself in whatever case (IAM: tag keys). Raises ``QuotaExceeded``."""
    replaced = {key.lower() for key in more}
    return checked_tags({**{key: value for key, value in before.items() if key.lower() not in replaced}, **more})


def _check_names(name: str, path: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidParameter("The role's name has 1 to 64 letters, digits and +=,.@-_.")
    if not _PATH.fullmatch(path):
        raise InvalidParameter("The path begins and ends with a slash.")


def _check_length(seconds: int) -> None:
    if not 3600 <= seconds <= 43200:
        raise InvalidParameter("MaxSessionDuration is between 3600 and 43200 seconds.")


def _size(document: Mapping[str, Any]) -> int:
    """Characters of the document as IAM counts them: without white space between its parts."""
    return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False))
