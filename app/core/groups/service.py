from dataclasses import dataclass, field, replace
from typing import Any

from app.core.groups.model import Group
from app.core.groups.ports import GroupStore
from app.core.kernel.clock import Clock
from app.core.kernel.errors import GroupNotFound, InvalidParameter, QuotaExceeded
from app.core.kernel.ids import PoolId, Sub
from app.core.kernel.recorder import Recorder, Unrecorded
from app.core.kernel.transactions import Transactions
from app.core.pools.ports import SettingsSchema
from app.core.users.model import User

_MOST_GROUPS = 10_000
"""Of one pool (Cognito: quotas)."""
_MOST_OF_USER = 100
"""Groups that one user may be in (Cognito: quotas)."""
_LARGEST_PRECEDENCE = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Plain management of groups and of who is in them."""

    store: GroupStore
    schema: SettingsSchema
    clock: Clock
    transactions: Transactions
    recorder: Recorder = field(default_factory=Unrecorded)
    most_groups: int = _MOST_GROUPS
    most_of_user: int = _MOST_OF_USER

    def create(
        self,
        pool_id: PoolId,
        name: str,
        *,
        description: str | None = None,
        role_arn: str | None = None,
        precedence: int | None = None,
    ) -> Group:
        """Raises ``InvalidParameter``, ``GroupExists``, ``QuotaExceeded`` (Cognito: CreateGroup)."""
        self._check("CreateGroup", pool_id, name, description=description, role_arn=role_arn, precedence=precedence)
        now = self.clock.now()
        group = Group(
            pool_id=pool_id,
            name=name,
            description=description,
            role_arn=role_arn,
            precedence=precedence,
            created_at=now,
            updated_at=now,
        )
        with self.transactions.transaction():
            if self.store.count(pool_id) >= self.most_groups:
                raise QuotaExceeded(f"A user pool has at most {self.most_groups} groups.")
            self.store.add(group)
            self.recorder.record("group.create", pool_id, group=name)
        return group

    def get(self, pool_id: PoolId, name: str) -> Group:
        """Raises ``GroupNotFound``."""
        group = self.store.find(pool_id, name)
        if group is None:
            raise GroupNotFound
        return group

    def update(
        self,
        pool_id: PoolId,
        name: str,
        *,
        description: str | None = None,
        role_arn: str | None = None,
        precedence: int | None = None,
    ) -> Group:
        """Changes what is given and keeps the rest (Cognito: UpdateGroup). Raises ``GroupNotFound``, ``InvalidParameter``."""
        self._check("UpdateGroup", pool_id, name, description=description, role_arn=role_arn, precedence=precedence)
        with self.transactions.transaction():
            group = self.get(pool_id, name)
            group = replace(
                group,
                description=group.description if description is None else description,
                role_arn=group.role_arn if role_arn is None else role_arn,
                precedence=group.precedence if precedence is None else precedence,
                updated_at=self.clock.now(),
            )
            self.store.save(group)
            self.recorder.record("group.update", pool_id, group=name)
        return group

    def remove(self, pool_id: PoolId, name: str) -> None:
        """Raises ``GroupNotFound``; members are only members no more."""
        with self.transactions.transaction():
            self.get(pool_id, name)
            self.store.remove(pool_id, name)
            self.recorder.record("group.remove", pool_id, group=name)

    def list_of(self, pool_id: PoolId) -> list[Group]:
        return self.store.list_of(pool_id)

    def list_page(self, pool_id: PoolId, *, after: str = "", limit: int) -> list[Group]:
        """By name, those behind ``after`` (Cognito: ListGroups)."""
        return self.store.page(pool_id, after=after, limit=limit)

    def list_members(self, pool_id: PoolId, name: str, *, after: str = "", limit: int) -> list[User]:
        """By ``sub``, those behind ``after`` (Cognito: ListUsersInGroup). Raises ``GroupNotFound``."""
        members = self.store.members_page(pool_id, name, after=after, limit=limit)
        if not members:
            self.get(pool_id, name)
        return members

    def list_of_user(self, pool_id: PoolId, sub: Sub) -> list[Group]:
        """By precedence, then name."""
        return self.store.list_of_user(pool_id, sub)

    def add_member(self, pool_id: PoolId, name: str, sub: Sub) -> None:
        """Raises ``GroupNotFound``, ``InvalidParameter`` where the user is in as many as one may be; adding twice is no mistake."""
        with self.transactions.transaction():
            self.get(pool_id, name)
            try:
                self.store.add_member(pool_id, name, sub, at=self.clock.now(), most=self.most_of_user)
            except QuotaExceeded as full:
                # AdminAddUserToGroup models no quota, and what stands for one elsewhere makes clients try again.
                raise InvalidParameter(full.text) from full
            self.recorder.record("group.add_member", pool_id, group=name, sub=sub)

    def remove_member(self, pool_id: PoolId, name: str, sub: Sub) -> None:
        """Raises ``GroupNotFound``."""
        with self.transactions.transaction():
            self.get(pool_id, name)
            self.store.remove_member(pool_id, name, sub)
            self.recorder.record("group.remove_member", pool_id, group=name, sub=sub)

    def _check(self, operation: str, pool_id: PoolId, name: str, **optional: Any) -> None:
        members = {"description": "Description", "role_arn": "RoleArn", "precedence": "Precedence"}
        given = {members[key]: value for key, value in optional.items() if value is not None}
        self.schema.check(operation, {"UserPoolId": pool_id, "GroupName": name, **given})
        if given.get("Precedence", 0) > _LARGEST_PRECEDENCE:
            raise InvalidParameter(f"Precedence is at most {_LARGEST_PRECEDENCE}.")
