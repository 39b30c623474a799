from dataclasses import replace

from app.core.clients.model import Client
from app.core.kernel.errors import InvalidParameter
from app.core.kernel.ids import new_sub
from app.core.pools.model import Pool
from app.core.pools.schema import VERIFIABLE
from app.core.sign_up.model import Registration
from app.core.users.attributes import check_client_writes, check_new, check_required
from app.core.users.identifiers import check_username, choose_username_attribute
from app.core.users.model import User, UserStatus


def new_user(pool: Pool, client: Client, registration: Registration, *, now: int) -> User:
    """The user that somebody may register as, unconfirmed and still without a password; raises what does not fit.

    In a pool whose usernames are attributes the stored username is the sub, and the submitted name becomes the attribute.
    """
    given = {name: value for name, value in registration.attributes.items() if value != ""}
    check_client_writes(client, given)
    if "preferred_username" in given and "preferred_username" in pool.settings.alias_attributes:
        raise InvalidParameter("preferred_username can be set after the user is confirmed.")
    sub = new_sub()
    username, given = _named(pool, registration.username, given)
    check_new(pool, given)
    check_required(pool, given)
    given |= {flag: "false" for name, flag in VERIFIABLE.items() if name in given}
    user = User(
        pool_id=pool.pool_id,
        sub=sub,
        username=username or sub,
        status=UserStatus.UNCONFIRMED,
        attributes=given,
        created_at=now,
        updated_at=now,
    )
    return user if pool.settings.case_sensitive else replace(user, username=user.username.lower())


def _named(pool: Pool, submitted: str | None, given: dict[str, str]) -> tuple[str | None, dict[str, str]]:
    """The stored username (None: the sub) and the attributes with the submitted name among them."""
    names = pool.settings.username_attributes
    if not names:
        if submitted is None:
            raise InvalidParameter("Missing required parameter USERNAME")
        check_username(pool, submitted)
        return submitted, given
    if submitted is None:
        submitted = next((given[name] for name in sorted(names) if given.get(name)), "")
    submitted = submitted.strip()
    attribute = choose_username_attribute(pool, submitted)
    if given.get(attribute, submitted).strip() != submitted:
        raise InvalidParameter(f"The username and the attribute {attribute} must be the same.")
    return None, {**given, attribute: submitted}
