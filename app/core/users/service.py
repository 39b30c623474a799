from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.core.kernel.clock import Clock
from app.core.kernel.errors import InvalidParameter, UnsupportedUserState, UserAlreadyConfirmed, UserNotFound
from app.core.kernel.ids import new_sub
from app.core.kernel.secret import Secret
from app.core.kernel.transactions import Transactions
from app.core.pools.model import Pool
from app.core.pools.schema import VERIFIABLE
from app.core.users.aliases import release_aliases
from app.core.users.attributes import change, check_new
from app.core.users.filter import UserFilter
from app.core.users.identifiers import (
    candidates,
    check_username,
    choose_username_attribute,
    identifiers_of,
    taken_alias,
    taken_at_creation,
)
from app.core.users.model import ListedUser, User, UserStatus
from app.core.users.ports import Administration, IdentifierTaken, PasswordKeeper, UserStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """An administrator's plain management of users, under the same rules as everybody's. ``username`` is any name of the user."""

    users: UserStore
    passwords: PasswordKeeper
    administration: Administration
    clock: Clock
    transactions: Transactions

    def find(self, pool: Pool, username: str) -> User | None:
        return self.users.find_by_identifiers(pool.pool_id, candidates(pool, username))

    def get(self, pool: Pool, username: str) -> User:
        """Raises ``UserNotFound``."""
        user = self.find(pool, username)
        if user is None:
            raise UserNotFound
        return user

    def list_page(
        self, pool: Pool, wanted: UserFilter | None, *, after: Mapping[str, str] | None, limit: int
    ) -> list[ListedUser]:
        """Users in pages, in no order that means anything (Cognito: ListUsers). A page may be shorter than ``limit``, or empty."""
        found = self.users.list_page(pool.pool_id, wanted, after=after, limit=limit)
        return found if wanted is None else [listed for listed in found if wanted.matches(listed.user)]

    def create(
        self,
        pool: Pool,
        username: str,
        attributes: Mapping[str, str],
        *,
        temporary_password: Secret | None = None,
        permanent_password: Secret | None = None,
        send_invitation: bool = False,
        force_alias: bool = False,
        mediums: Sequence[str] = (),
    ) -> User:
        """A user who must change the temporary password (Cognito: AdminCreateUser), or a confirmed one with a permanent one.

        With neither, a temporary password is generated; only an invitation tells it. Required attributes may be missing: the
        first sign-in asks for them. Raises ``UsernameExists``, ``AliasExists``, ``InvalidParameter``, ``PasswordPolicyViolation``.
        """
        if temporary_password is not None and permanent_password is not None:
            raise InvalidParameter("A password is temporary or permanent.")
        applicant = self._applicant(pool, username, attributes)
        if send_invitation and not (applicant.attributes.get("email") or applicant.attributes.get("phone_number")):
            raise InvalidParameter("The invitation needs an email or phone_number.")
        password = permanent_password or temporary_password or self.passwords.generate(pool)
        status = UserStatus.FORCE_CHANGE_PASSWORD if permanent_password is None else UserStatus.CONFIRMED
        user = replace(self.passwords.replace_with(pool, applicant, password, new=True), status=status)
        held = identifiers_of(pool, user)
        try:
            with self.transactions.transaction():
                if force_alias:
                    release_aliases(self.users, pool, user, held, now=self.clock.now())
                self.users.add(user, held)
                self.administration.record("create", user)
        except IdentifierTaken as taken:
            if taken.identifier.kind.value in pool.settings.alias_attributes:
                raise taken_alias(taken.identifier) from taken
            raise taken_at_creation(taken.identifier) from taken
        if send_invitation:
            self.administration.invite(pool, user, password, mediums)
        return user

    def invite_again(
        self, pool: Pool, username: str, *, temporary_password: Secret | None, mediums: Sequence[str] = ()
    ) -> User:
        """A new temporary password, valid from now, for who has not chosen one yet (Cognito: AdminCreateUser, RESEND).

        Raises ``UserNotFound``, ``UnsupportedUserState``, ``PasswordPolicyViolation``, ``CodeDeliveryFailed``.
        """
        user = self.get(pool, username)
        if user.status is not UserStatus.FORCE_CHANGE_PASSWORD:
            raise UnsupportedUserState(f"Resend not possible. {user.username} status is not FORCE_CHANGE_PASSWORD")
        password = temporary_password or self.passwords.generate(pool)
        changed = replace(self.passwords.replace_with(pool, user, password), updated_at=self.clock.now())
        with self.transactions.transaction():
            saved = self.users.save(changed)
            self.administration.record("invite_again", saved)
        self.administration.invite(pool, saved, password, mediums)
        return saved

    def set_password(self, pool: Pool, username: str, password: Secret, *, permanent: bool) -> User:
        """Cognito: AdminSetUserPassword. What was in progress with the old password ends with it."""
        user = self.get(pool, username)
        if user.status is UserStatus.EXTERNAL_PROVIDER and not permanent:
            raise InvalidParameter("User password cannot be reset in the current state.")
        status = UserStatus.CONFIRMED if permanent else UserStatus.FORCE_CHANGE_PASSWORD
        with_password = self.passwords.replace_with(pool, user, password)
        changed = replace(with_password, status=status, updated_at=self.clock.now())
        with self.transactions.transaction():
            saved = self.users.save(changed)
            self.passwords.remember(pool, user)
            self.administration.record("set_password", saved)
        return saved

    def require_reset(self, pool: Pool, username: str) -> User:
        """The password works no more until it is recovered (Cognito: AdminResetUserPassword, without its message)."""

        def reset(user: User) -> User:
            if user.status not in {UserStatus.CONFIRMED, UserStatus.RESET_REQUIRED}:
                raise InvalidParameter("User password cannot be reset in the current state.")
            return replace(user, status=UserStatus.RESET_REQUIRED)

        return self._change(pool, username, "require_reset", reset)

    def confirm(self, pool: Pool, username: str) -> User:
        """Cognito: AdminConfirmSignUp; verifies no attribute. Raises ``UserAlreadyConfirmed``."""

        def confirmed(user: User) -> User:
            if user.status is not UserStatus.UNCONFIRMED:
                raise UserAlreadyConfirmed(f"User cannot be confirmed. Current status is {user.status.value}")
            return replace(user, status=UserStatus.CONFIRMED)

        return self._change(pool, username, "confirm", confirmed)

    def disable(self, pool: Pool, username: str) -> User:
        """Signs out everywhere, too: nothing that began before is valid after (Cognito: AdminDisableUser)."""
        now = self.clock.now()
        return self._change(pool, username, "disable", lambda user: replace(user.signed_out(now), enabled=False))

    def enable(self, pool: Pool, username: str) -> User:
        return self._change(pool, username, "enable", lambda user: replace(user, enabled=True))

    def sign_out(self, pool: Pool, username: str) -> User:
        """Ends all sessions (Cognito: AdminUserGlobalSignOut)."""
        now = self.clock.now()
        return self._change(pool, username, "sign_out", lambda user: user.signed_out(now))

    def update_attributes(self, pool: Pool, username: str, changes: Mapping[str, str]) -> User:
        """Any attribute but immutable ones; an empty value removes (Cognito: AdminUpdateUserAttributes). Raises ``AliasExists``."""
        return self._change(pool, username, "update_attributes", lambda user: change(pool, user, changes))

    def delete(self, pool: Pool, username: str) -> None:
        user = self.get(pool, username)
        with self.transactions.transaction():
            self.users.remove(pool.pool_id, user.sub)
            self.administration.record("delete", user)

    def _change(self, pool: Pool, username: str, event: str, changed: Callable[[User], User]) -> User:
        try:
            with self.transactions.transaction():
                user = replace(changed(self.get(pool, username)), updated_at=self.clock.now())
                saved = self.users.save(user, identifiers_of(pool, user))
                self.administration.record(event, saved)
        except IdentifierTaken as taken:
            raise taken_alias(taken.identifier) from taken
        return saved

    def _applicant(self, pool: Pool, username: str, attributes: Mapping[str, str]) -> User:
        given = {name: value for name, value in attributes.items() if value != ""}
        sub = new_sub()
        if pool.settings.username_attributes:
            submitted = username.strip()
            attribute = choose_username_attribute(pool, submitted)
            if given.get(attribute, submitted) != submitted:
                raise InvalidParameter(f"The username and the attribute {attribute} must be the same.")
            given[attribute] = submitted
            stored: str = sub
        else:
            check_username(pool, username)
            stored = username if pool.settings.case_sensitive else username.lower()
        if "sub" in given:
            raise InvalidParameter("user.sub: Attribute cannot be updated.")
        check_new(pool, given)
        for name, flag in VERIFIABLE.items():
            if name in given:
                given.setdefault(flag, "false")
        now = self.clock.now()
        return User(
            pool_id=pool.pool_id,
            sub=sub,
            username=stored,
            status=UserStatus.FORCE_CHANGE_PASSWORD,
            attributes=given,
            created_at=now,
            updated_at=now,
        )
