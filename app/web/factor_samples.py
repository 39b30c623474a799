"""Examples of the pages about second factors, passkeys and the account (see `page_samples.py`)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from app.web.context_parts import (
    AccountContact,
    AccountFactor,
    AccountPasskey,
    AccountSession,
    AttributeField,
    Ceremony,
    Form,
    FormErrors,
    PageFrame,
    PasswordRule,
    Way,
)
from app.web.contexts import (
    AccountCodePage,
    AccountContactPage,
    AccountPage,
    AccountPasskeyPage,
    AccountPasswordPage,
    AddPasskeyPage,
    AuthenticatorPage,
    ChooseWayPage,
    CodePage,
    PasswordPage,
    RecoveryCodesPage,
    SetUpContactPage,
    SignInPage,
)
from app.web.qr import draw_qr

_ADA = "ada@example.com"
_OPTIONS = '{"challenge": "c2FtcGxl"}'
_SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
_ADDRESS = f"otpauth://totp/{_ADA}?secret={_SEED}"
_WAYS = (
    Way(value="PASSWORD", kind="password"),
    Way(value="EMAIL_OTP", kind="email", destination="a***@e***"),
    Way(value="SMS_OTP", kind="sms"),
)
_SET_UP = (
    Way(value="SOFTWARE_TOKEN_MFA", kind="authenticator"),
    Way(value="EMAIL_OTP", kind="email"),
    Way(value="SMS_MFA", kind="sms"),
)
_PHONE = AttributeField(name="phone_number", type="tel", autocomplete="tel")
_SECOND = (
    Way(value="SOFTWARE_TOKEN_MFA", kind="authenticator"),
    Way(value="SMS_MFA", kind="sms", destination="+*******1212"),
    Way(value="RECOVERY", kind="recovery"),
)


def factor_samples(frame: Mapping[str, Any], sign_in: SignInPage, say: Callable[..., str]) -> Mapping[str, PageFrame]:
    """Every state of these pages worth looking at."""
    form: Form = frame["form"]
    ceremony = Ceremony(form=form, options=_OPTIONS)
    code = CodePage(
        **frame, kind="email", username=_ADA, destination="a***@e***", resend_form=form, other_ways_url="choose-way"
    )
    mismatch = FormErrors(summary=say("error.code_mismatch"), fields={"code": say("error.code_mismatch")})
    own = {**frame, "links": replace(frame["links"], account_url="account", sign_in_url=None)}
    authenticator = AuthenticatorPage(
        **frame,
        username=_ADA,
        qr=draw_qr(_ADDRESS),
        groups=tuple(_SEED[i : i + 4] for i in range(0, len(_SEED), 4)),
        set_up_url=_ADDRESS,
        required=True,
    )
    return {
        "sign-in-username-first": replace(sign_in, asks_password=False, passkey=ceremony),
        "sign-in-passkey": replace(sign_in, passkey=ceremony),
        "password": PasswordPage(**frame, username=_ADA, other_ways_url="choose-way"),
        "choose-way": ChooseWayPage(**frame, username=_ADA, ways=_WAYS, passkey=ceremony),
        "choose-second": ChooseWayPage(**frame, username=_ADA, purpose="second", ways=_SECOND),
        "choose-set-up": ChooseWayPage(**frame, username=_ADA, purpose="set_up", ways=_SET_UP),
        "set-up-contact": SetUpContactPage(**frame, username=_ADA, field=_PHONE, other_ways_url="choose-set-up"),
        "set-up-contact-refused": SetUpContactPage(
            **frame,
            username=_ADA,
            field=replace(_PHONE, value="020 7946"),
            error=FormErrors(summary=say("error.invalid_phone"), fields={"phone_number": say("error.invalid_phone")}),
        ),
        "set-up-code": replace(code, kind="sms", destination="+*******1212", change_url="set-up-contact"),
        "code-email": code,
        "code-sms": replace(code, kind="sms", destination="+*******1212", offers_remembering=True),
        "code-authenticator": replace(
            code, kind="authenticator", destination=None, resend_form=None, recovery_url="code-recovery"
        ),
        "code-recovery": replace(code, kind="recovery", destination=None, resend_form=None),
        "code-refused": replace(code, error=mismatch),
        "authenticator": replace(authenticator, other_ways_url="choose-set-up"),
        "authenticator-refused": replace(authenticator, required=False, error=mismatch, links=own["links"]),
        "add-passkey": AddPasskeyPage(**own, username=_ADA, passkey=ceremony),
        "recovery-codes": RecoveryCodesPage(
            **{**own, "form": None}, username=_ADA, codes=tuple(f"{n:04d}-{7 * n:04d}" for n in range(1203, 1213))
        ),
        **_account(own, form, say),
    }


def _account(own: Mapping[str, Any], form: Form, say: Callable[..., str]) -> Mapping[str, PageFrame]:
    """The account page, empty and full, and the pages that change something."""
    bare = AccountPage(
        **own,
        username=_ADA,
        password_url="account-password",
        contacts=(AccountContact(name="email", value=_ADA, verified=True, change_url="account-contact"),),
    )
    rules = (PasswordRule(kind="length", n=12), PasswordRule(kind="not_common"))
    return {
        "account-bare": bare,
        "account": replace(
            bare,
            contacts=(
                replace(bare.contacts[0], waiting="ada@harbour.example", verify_url="account-code"),
                AccountContact(name="phone_number", change_url="account-contact"),
            ),
            factors=(
                AccountFactor(
                    name="SOFTWARE_TOKEN_MFA",
                    kind="authenticator",
                    on=True,
                    preferred=True,
                    can_set_up=True,
                    can_turn_off=True,
                ),
                AccountFactor(name="EMAIL_OTP", kind="email", on=False, destination="a***@e***", can_turn_on=True),
            ),
            passkeys=(
                AccountPasskey(id="one", name="Laptop", added="2026-11-02"),
                AccountPasskey(id="two", name="Phone", added="2026-11-20"),
                AccountPasskey(
                    id="three",
                    name="Donaudampfschifffahrtsgesellschaftskapitaenskajuetenschluessel12",
                    added="2026-11-21",
                ),
            ),
            add_passkey_url="add-passkey",
            recovery_codes=8,
            sessions=(
                AccountSession(id="here", device="Linux, Firefox", current=True),
                AccountSession(id="phone", device="iOS, Safari", minutes=12),
                AccountSession(id="else", minutes=41),
            ),
            sign_out_form=form,
            notice=say("notice.passkey_added"),
        ),
        "account-password": AccountPasswordPage(**own, username=_ADA, password_rules=rules),
        "account-password-refused": AccountPasswordPage(
            **own,
            username=_ADA,
            password_rules=rules,
            error=FormErrors(summary=say("error.wrong_password"), fields={"password": say("error.wrong_password")}),
        ),
        "account-passkey": AccountPasskeyPage(**own, username=_ADA, passkey="one", name="Laptop"),
        "account-contact": AccountContactPage(
            **own, username=_ADA, field=AttributeField(name="email", type="email", autocomplete="email", value=_ADA)
        ),
        "account-code": AccountCodePage(**own, destination="a***@h***", resend_form=form),
    }
