"""What tests of factors on the hosted pages share: pools that ask for more than a password, and phones that answer."""

from typing import Any

import pyotp

from app.core.kernel.caller import Caller
from app.core.kernel.secret import Secret
from tests.support.hosted_app import HostedApp, Visitor

TOTP = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
EMAIL = {"EmailMfaConfiguration": {}}


def first_factors(*names: str) -> dict[str, Any]:
    """A pool's settings that let people begin with these."""
    return {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": list(names)}}}


def ask_second(house: HostedApp, mode: str, *members: dict[str, Any]) -> None:
    """From now on the pool asks for a second factor."""
    given: dict[str, Any] = {"MfaConfiguration": mode}
    for member in members:
        given |= member
    house.pool = house.services.pools.set_mfa(house.pool.pool_id, given)


def code_of(house: HostedApp, seed: str, *, later: int = 0) -> str:
    """What an authenticator app shows now, or some steps later."""
    return pyotp.TOTP(seed).at(house.clock.now() + 30 * later)


def next_code(house: HostedApp, seed: str) -> str:
    """The code of the next half minute, once it has come."""
    house.clock.advance(seconds=30)
    return code_of(house, seed)


def with_authenticator(house: HostedApp, email: str = "ada@example.com") -> str:
    """A person with an authenticator app; its seed."""
    user = house.a_user(email)
    seed = house.services.totp.begin(house.pool, user).reveal()
    house.services.totp.confirm(house.pool, user, Secret(code_of(house, seed)))
    prefer(house, user, "SOFTWARE_TOKEN_MFA")
    return seed


def prefer(house: HostedApp, user: Any, *factors: str) -> None:
    """The person switches these factors on; of one alone it is the preferred."""
    from app.core.factors.preferences import Choice

    choices = {name: Choice(enabled=True, preferred=True if len(factors) == 1 else None) for name in factors}
    house.services.preferences.choose(house.pool, user, choices, Caller())


def at_sign_in(house: HostedApp, visitor: Visitor, **changes: str | None) -> Visitor:
    return visitor.go(f"/oauth2/authorize?{house.query(**changes)}")


def seed_on(visitor: Visitor) -> str:
    """The seed as the set-up page says it."""
    page = visitor.response.text
    return "".join(
        part.split("</span>")[0] for part in page.split('class="secret"')[1].split("</p>")[0].split("<span>")[1:]
    )
