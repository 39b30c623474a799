"""With what a user may begin (Cognito: choice-based sign-in). Pure."""

from app.core.attempts import steps
from app.core.pools.model import Pool
from app.core.sign_in.second_factors import choose_second_factors
from app.core.users.identifiers import looks_like_email, looks_like_phone
from app.core.users.model import User

PASSWORD = "PASSWORD"
PASSWORD_SRP = "PASSWORD_SRP"


def choose_first_factors(pool: Pool, user: User, *, has_passkey: bool) -> tuple[str, ...]:
    """What the pool allows and the user has. Who has, or must have, a second factor begins with a password, or with a passkey that
    is two factors by itself: a code to an address is no stronger beside another.
    """
    allowed, mfa = pool.settings.first_factors, pool.settings.mfa
    found: list[str] = []
    if PASSWORD in allowed and user.password is not None:
        found += [PASSWORD, PASSWORD_SRP]
    needs_second = not mfa.is_off and (mfa.is_on or bool(user.mfa.enabled and choose_second_factors(pool, user)))
    if not needs_second:
        if steps.EMAIL_OTP in allowed and user.attributes.get("email"):
            found.append(steps.EMAIL_OTP)
        if steps.SMS_OTP in allowed and user.attributes.get("phone_number"):
            found.append(steps.SMS_OTP)
    if steps.WEB_AUTHN in allowed and has_passkey and (not needs_second or mfa.webauthn.multi_factor):
        found.append(steps.WEB_AUTHN)
    return tuple(found)


def choose_plausible(pool: Pool, typed: str) -> tuple[str, ...]:
    """What somebody is offered who does not exist: what most users of that kind of name would be. Whoever has a username of their
    own choice nearly always has an e-mail address too, and rarely a number that the pool does not ask for.
    """
    allowed, names = pool.settings.first_factors, pool.settings.username_attributes
    required = pool.settings.required_attributes
    found = [PASSWORD, PASSWORD_SRP] if PASSWORD in allowed else []
    if not pool.settings.mfa.is_on:
        if steps.EMAIL_OTP in allowed and (
            "email" in required or not names or names == {"email"} or looks_like_email(typed)
        ):
            found.append(steps.EMAIL_OTP)
        if steps.SMS_OTP in allowed and (
            "phone_number" in required or names == {"phone_number"} or looks_like_phone(typed)
        ):
            found.append(steps.SMS_OTP)
    return tuple(found)


def choose_offered(pool: Pool) -> tuple[str, ...]:
    """What the hosted pages offer to everybody: what the pool allows, whoever it is and whether there is such a user, so that the
    list tells nothing. What somebody does not have then fails like a wrong code or password.
    """
    allowed = pool.settings.first_factors
    found = [PASSWORD] if PASSWORD in allowed else []
    if not pool.settings.mfa.is_on:
        found += [step for step in (steps.EMAIL_OTP, steps.SMS_OTP) if step in allowed]
    return tuple(found)
