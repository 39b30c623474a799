"""The one decision where more than a password may be asked, as a table."""

from dataclasses import replace
from typing import Any

import pytest

from app.core.attempts.model import Attempt
from app.core.kernel.errors import IncorrectCredentials
from app.core.kernel.secret import Secret
from app.core.pools.settings import PoolSettings
from app.core.sign_in.first_factors import choose_first_factors, choose_plausible
from app.core.sign_in.next_step import Ask, Done, Refuse, next_step
from app.core.users.model import MfaPreference, PasswordRecord, User, UserStatus
from tests.support.world import NOON

TOTP, SMS, MAIL = "SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP"
EVERY = {
    "SoftwareTokenMfaConfiguration": {"Enabled": True},
    "SmsMfaConfiguration": {},
    "EmailMfaConfiguration": {},
}
ON, OPTIONAL, OFF = ({"MfaConfiguration": mode, **EVERY} for mode in ("ON", "OPTIONAL", "OFF"))
TOTP_ONLY = {"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": {"Enabled": True}}
TWO_IN_ONE = {"WebAuthnConfiguration": {"FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"}}
PASSWORDLESS = {
    "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]}}
}

PHONE = {"phone_number": "+15551230000"}
ADDRESS = {"email": "jane@example.com"}
BOTH = {**PHONE, **ADDRESS}
NOT_SO = Refuse(fact=IncorrectCredentials)


def enabled(*factors: str, preferred: str | None = None) -> MfaPreference:
    return MfaPreference(enabled=factors, preferred=preferred)


@pytest.fixture
def pool(house):
    return house.world.a_pool()


@pytest.fixture
def client(house, pool):
    return house.world.a_client(pool)


@pytest.fixture
def user(pool):
    return User(
        pool_id=pool.pool_id,
        sub="s",
        username="s",
        status=UserStatus.CONFIRMED,
        attributes={},
        password=PasswordRecord(encoded=Secret("x"), set_at=NOON - 60),
        revision=3,
        created_at=NOON - 60,
        updated_at=NOON - 60,
    )


@pytest.fixture
def attempt(pool, client):
    return Attempt(
        pool_id=pool.pool_id,
        client_id=client.client_id,
        sub="s",
        username="s",
        step="",
        proven=("pwd",),
        user_revision=3,
        started_at=NOON,
        expires_at=NOON + 180,
    )


def done(*amr: str) -> Done:
    return Done(amr=amr)


def row(  # noqa: PLR0917 - a table's columns
    claim: str,
    settings: dict[str, Any],
    proven: tuple[str, ...],
    mfa: MfaPreference,
    attributes: dict[str, str],
    expected: Ask | Done | Refuse,
    **data: str,
) -> Any:
    return pytest.param(settings, proven, mfa, attributes, expected, data, id=claim)


NONE = enabled()
TABLE = [
    row("off: what users have does not matter", OFF, ("pwd",), enabled(TOTP), {}, done("pwd")),
    row("optional: who has none is asked for none", OPTIONAL, ("pwd",), NONE, BOTH, done("pwd")),
    row(
        "optional: the one factor", OPTIONAL, ("pwd",), enabled(TOTP), {}, Ask(step=TOTP, choices=(TOTP,))
    ),
    row(
        "the preferred one of several",
        OPTIONAL, ("pwd",), enabled(TOTP, SMS, preferred=SMS), PHONE,
        Ask(step=SMS, choices=(TOTP, SMS)),
    ),
    row(
        "several and none preferred",
        OPTIONAL, ("pwd",), enabled(TOTP, SMS), PHONE,
        Ask(step="SELECT_MFA_TYPE", choices=(TOTP, SMS)),
    ),
    row(
        "a preferred factor without its address",
        OPTIONAL, ("pwd",), enabled(TOTP, SMS, preferred=SMS), {},
        Ask(step=TOTP, choices=(TOTP,)),
    ),
    row(
        "a factor that the pool offers no more",
        TOTP_ONLY, ("pwd",), enabled(SMS), PHONE,
        Ask(step="MFA_SETUP", choices=(TOTP,)),
    ),
    row("on: nothing to prove with", ON, ("pwd",), NONE, {}, Ask(step="MFA_SETUP", choices=(TOTP, SMS, MAIL))),
    row("on: an address is a factor", ON, ("pwd",), NONE, PHONE, Ask(step=SMS, choices=(SMS,))),
    row("a code by text beside a password", ON, ("pwd", "sms"), NONE, PHONE, done("pwd", "sms", "mfa")),
    row("a software token beside a password", ON, ("pwd", "otp"), enabled(TOTP), {}, done("pwd", "otp", "mfa")),
    row("a recovery code beside a password", ON, ("pwd", "recovery_code"), enabled(TOTP), {}, done("pwd", "mfa")),
    row("a recovery code alone", ON, ("recovery_code",), enabled(TOTP), {}, NOT_SO),
    row("a software token alone", OPTIONAL, ("otp",), enabled(TOTP), {}, NOT_SO),
    row("a device alone", OPTIONAL, ("device",), enabled(TOTP), {}, NOT_SO),
    row("a code in the place of a password", OFF, ("email_otp",), NONE, ADDRESS, done("email_otp")),
    row("optional: a code and no second factor", OPTIONAL, ("email_otp",), NONE, ADDRESS, done("email_otp")),
    row("on: a code alone", ON, ("email_otp",), NONE, ADDRESS, NOT_SO),
    row("on: one code is not two factors", ON, ("sms",), enabled(SMS), PHONE, NOT_SO),
    row("on: two codes are not two factors", ON, ("email_otp", "sms"), NONE, BOTH, NOT_SO),
    row("optional: a code of somebody with a software token", OPTIONAL, ("sms",), enabled(TOTP), PHONE, NOT_SO),
    row("a passkey", OPTIONAL, ("swk",), NONE, {}, done("swk")),
    row("a passkey of somebody with a token", OPTIONAL, ("swk",), enabled(TOTP), {}, Ask(step=TOTP, choices=(TOTP,))),
    row(
        "a passkey that asked for a finger is one factor",
        ON, ("swk", "user_verified"), enabled(TOTP), {}, Ask(step=TOTP, choices=(TOTP,)),
    ),
    row(
        "and two where the pool says so",
        {**ON, **TWO_IN_ONE}, ("hwk", "user_verified"), enabled(TOTP), {}, done("hwk"),
    ),
    row(
        "but not without the finger",
        {**ON, **TWO_IN_ONE}, ("hwk",), enabled(TOTP), {}, Ask(step=TOTP, choices=(TOTP,)),
    ),
    row(
        "a remembered device",
        OPTIONAL, ("pwd",), enabled(TOTP), {}, Ask(step="DEVICE_SRP_AUTH"), device="remembered",
    ),
    row(
        "a remembered device, proven",
        OPTIONAL, ("pwd", "device"), enabled(TOTP), {}, done("pwd", "mfa"), device="remembered",
    ),
    row(
        "a device that is only known",
        OPTIONAL, ("pwd",), enabled(TOTP), {}, Ask(step=TOTP, choices=(TOTP,)), device="known",
    ),
    row(
        "a remembered device proves itself also where no factor follows",
        OPTIONAL, ("pwd",), NONE, {}, Ask(step="DEVICE_SRP_AUTH"), device="remembered",
    ),
    row("who has just registered", ON, ("signed_up",), NONE, {**ADDRESS, "email_verified": "true"}, done("pwd")),
    row("whose account an administrator confirmed", ON, ("signed_up",), NONE, ADDRESS, Ask(step=MAIL, choices=(MAIL,))),
    row("and who has no address", TOTP_ONLY, ("signed_up",), NONE, {}, Ask(step="MFA_SETUP", choices=(TOTP,))),
    row("an administrator confirmed it and none is due", OPTIONAL, ("signed_up",), NONE, ADDRESS, done("pwd")),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "proven", "mfa", "attributes", "expected", "data"), TABLE)
def test_what_is_asked(  # noqa: PLR0917
    pool, client, user, attempt, settings, proven, mfa, attributes, expected, data
):
    pool = replace(pool, settings=PoolSettings.read(settings))
    user = replace(user, mfa=mfa, attributes=attributes)
    attempt = replace(attempt, proven=proven, data=data, user_revision=3)
    if "signed_up" in proven:
        attempt = replace(attempt, started_at=NOON, user_revision=0)
    assert next_step(attempt, pool, client, user, NOON) == expected


def test_a_new_password_comes_before_the_second_factor(pool, client, user, attempt):
    pool = replace(pool, settings=PoolSettings.read(ON))
    user = replace(user, status=UserStatus.FORCE_CHANGE_PASSWORD, mfa=enabled(TOTP))
    assert next_step(attempt, pool, client, user, NOON) == Ask(step="NEW_PASSWORD_REQUIRED")


def first(pool, user, *, has_passkey=False, **settings):
    read = PoolSettings.read({**PASSWORDLESS, **settings})
    return choose_first_factors(replace(pool, settings=read), user, has_passkey=has_passkey)


def test_only_what_a_user_has_is_offered_first(pool, user):
    assert first(pool, user) == ("PASSWORD", "PASSWORD_SRP")
    assert first(pool, replace(user, password=None, attributes=PHONE)) == ("SMS_OTP",)
    assert first(pool, replace(user, attributes=ADDRESS), has_passkey=True) == (
        "PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "WEB_AUTHN",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "mfa", "codes"),
    [(OFF, enabled(TOTP), True), (OPTIONAL, NONE, True), (OPTIONAL, enabled(TOTP), False), (ON, NONE, False)],
)
def test_a_code_is_never_offered_first_where_a_second_factor_would_follow(pool, user, settings, mfa, codes):
    offered = first(pool, replace(user, attributes=BOTH, mfa=mfa), has_passkey=True, **settings)
    assert offered[:2] == ("PASSWORD", "PASSWORD_SRP")
    assert ({"EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"} <= set(offered)) is codes
    assert codes or offered == ("PASSWORD", "PASSWORD_SRP")


def test_nobody_of_a_free_name_is_offered_what_somebody_with_an_address_would_be(pool, user):
    pool = replace(pool, settings=PoolSettings.read(PASSWORDLESS))
    somebody = choose_first_factors(pool, replace(user, attributes=ADDRESS), has_passkey=False)
    assert choose_plausible(pool, "nobody") == somebody


@pytest.mark.parametrize("settings", [OFF, OPTIONAL, ON])
def test_nobody_is_offered_what_somebody_of_that_name_would_be(pool, user, settings):
    pool = replace(pool, settings=PoolSettings.read({**PASSWORDLESS, "UsernameAttributes": ["email"], **settings}))
    somebody = choose_first_factors(pool, replace(user, attributes=ADDRESS), has_passkey=False)
    assert choose_plausible(pool, "nobody@example.com") == somebody
