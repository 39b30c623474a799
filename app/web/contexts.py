"""What each page gives its template: the public contract of themes.

A context is all that a template can see besides the functions `t`, `asset` and the value `theme`. No context holds
a secret: no password, token or session, and of a code only the mail that carries it. The exceptions are pages that
exist to hand one over and do nothing else: the answer to the application (code or tokens), the seed of an authenticator
app, and recovery codes, each shown once. `docs/reference/theme-contexts.md` is generated from this file; a test fails
when it is stale.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from app.web.context_parts import (
    AccountContact,
    AccountFactor,
    AccountPasskey,
    AccountSession,
    AttributeField,
    Brand,
    Ceremony,
    Form,
    IdentifierKind,
    MailLink,
    PageFrame,
    PasswordRule,
    Permission,
    PostedField,
    Provider,
    QrCode,
    Way,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage(PageFrame):
    """Identifier and password, and the providers beside them. Submits `action=sign_in`.

    Where people choose how to sign in (`asks_password` is false), the identifier comes alone and the next page asks.
    """

    template = "sign_in.html"

    asks_password: Annotated[bool, "whether the password is asked for on this page"] = True
    passkey: Annotated[Ceremony | None, "signing in with a passkey, by button and autofill; None: not offered"] = None

    identifier: Annotated[IdentifierKind, "what the pool's users sign in with"] = "username"
    providers: Annotated[tuple[Provider, ...], "other ways in, as links"] = ()
    password_sign_in: Annotated[bool, "whether the pool's own users may sign in here"] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpPage(PageFrame):
    """A new account. Submits `action=sign_up`."""

    template = "sign_up.html"

    identifier: Annotated[IdentifierKind, "what the account will be called"] = "username"
    attributes: Annotated[tuple[AttributeField, ...], "further fields, in order"] = ()
    password_rules: Annotated[tuple[PasswordRule, ...], "requirements, in order"] = ()
    providers: Annotated[tuple[Provider, ...], "other ways in, as links"] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPage(PageFrame):
    """The code that was sent at sign-up. Submits `action=confirm`; a second form submits `action=resend`."""

    template = "confirm.html"

    username: Annotated[str | None, "who is confirmed; None: the page asks"] = None
    destination: Annotated[str | None, "masked address the code went to; None: not said"] = None
    by_link: Annotated[bool, "whether the message carries a link in the place of a code: no code is asked for"] = False
    resend_form: Annotated[Form | None, "the form that sends the code again; None: not offered"] = None
    identifier: Annotated[IdentifierKind, "what the pool's users sign in with"] = "username"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendCodePage(PageFrame):
    """Asks whom to send the confirmation code again. Submits `action=resend`."""

    template = "resend_code.html"

    identifier: Annotated[IdentifierKind, "what the pool's users sign in with"] = "username"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgotPasswordPage(PageFrame):
    """Asks whose password was forgotten. Submits `action=send_code`."""

    template = "forgot_password.html"

    identifier: Annotated[IdentifierKind, "what the pool's users sign in with"] = "username"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPasswordPage(PageFrame):
    """The code and a new password. Submits `action=reset_password`; a second form submits `action=send_code`."""

    template = "reset_password.html"

    username: Annotated[str | None, "whose password; None: the page asks"] = None
    destination: Annotated[str | None, "masked address the code went to; None: not said"] = None
    password_rules: Annotated[tuple[PasswordRule, ...], "requirements, in order"] = ()
    resend_form: Annotated[Form | None, "the form that sends the code again; None: not offered"] = None
    identifier: Annotated[IdentifierKind, "what the pool's users sign in with"] = "username"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePasswordPage(PageFrame):
    """A temporary or expired password is replaced before the sign-in goes on. Submits `action=reset_password`."""

    template = "change_password.html"

    username: Annotated[str, "whose password"]
    reason: Annotated[Literal["temporary", "expired"], "why it must be replaced"] = "temporary"
    attributes: Annotated[tuple[AttributeField, ...], "required attributes that the user still lacks"] = ()
    password_rules: Annotated[tuple[PasswordRule, ...], "requirements, in order"] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPage(PageFrame):
    """The password of whoever chose it on the page before. Submits `action=sign_in`."""

    template = "password.html"

    username: Annotated[str, "whose password"]
    other_ways_url: Annotated[str | None, "back to the choice; None where there is none"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseWayPage(PageFrame):
    """Which way to go on. Each way is a button `name=way`; the form has the hidden field `action=choose`."""

    template = "choose_way.html"

    username: Annotated[str | None, "who signs in"] = None
    purpose: Annotated[
        Literal["sign_in", "second", "set_up"],
        "what is chosen: the way in, the second step, or which second step to set up",
    ] = "sign_in"
    ways: Annotated[tuple[Way, ...], "what can be chosen, best first"] = ()
    passkey: Annotated[Ceremony | None, "signing in with a passkey instead; None: not offered"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage(PageFrame):
    """A code: from a message, an authenticator app or the list of recovery codes. Submits `action=confirm`.

    A second form submits `action=resend`.
    """

    template = "code.html"

    kind: Annotated[Literal["email", "sms", "authenticator", "recovery"], "where the code comes from"]
    username: Annotated[str | None, "who signs in, for password managers"] = None
    destination: Annotated[str | None, "masked address the code went to; None: not said"] = None
    resend_form: Annotated[Form | None, "the form that sends the code again; None: not offered"] = None
    change_url: Annotated[str | None, "to the page that takes another address; None: this one stands"] = None
    other_ways_url: Annotated[str | None, "to the other ways; None where there are none"] = None
    recovery_url: Annotated[str | None, "to the same page for a recovery code; None: not offered"] = None
    offers_remembering: Annotated[bool, "whether the box `remember_device` is shown"] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatorPage(PageFrame):
    """Sets up an authenticator app: scan or type, then the first code. Submits `action=confirm`.

    Shows the seed of the codes, to its owner alone and until the first code is right.
    """

    template = "authenticator.html"

    username: Annotated[str, "whose"]
    qr: Annotated[QrCode, "the set-up address as a picture"]
    groups: Annotated[tuple[str, ...], "the same as text, in groups to read aloud"]
    set_up_url: Annotated[str, "`otpauth:` address, for a link on the phone itself"]
    required: Annotated[bool, "whether the sign-in goes on only after this"] = False
    other_ways_url: Annotated[str | None, "to the other factors that can be set up; None where there are none"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpContactPage(PageFrame):
    """The address that codes are to go to from now on, where a sign-in demands a second step. Submits `action=send_code`."""

    template = "set_up_contact.html"

    username: Annotated[str, "who signs in"]
    field: Annotated[AttributeField, "the one field, `email` or `phone_number`"]
    other_ways_url: Annotated[str | None, "to the other factors that can be set up; None where there are none"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPasskeyPage(PageFrame):
    """Makes a passkey for whoever is signed in. The ceremony's form submits `action=passkey`."""

    template = "add_passkey.html"

    username: Annotated[str, "whose"]
    passkey: Annotated[Ceremony, "what to ask for"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodesPage(PageFrame):
    """Fresh recovery codes, shown this once."""

    template = "recovery_codes.html"

    username: Annotated[str, "whose"]
    codes: Annotated[tuple[str, ...], "each works once"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage(PageFrame):
    """What a person can see and change of the own account. Each button submits its own `action`."""

    template = "account.html"

    username: Annotated[str, "who is signed in"]
    password_url: Annotated[str | None, "to the page that changes the password; None: there is none to change"] = None
    contacts: Annotated[tuple[AccountContact, ...], "addresses"] = ()
    factors: Annotated[tuple[AccountFactor, ...], "second steps that the pool knows; empty: none"] = ()
    factors_required: Annotated[bool, "whether the pool demands a second step"] = False
    passkeys: Annotated[tuple[AccountPasskey, ...], "in the order they were added"] = ()
    add_passkey_url: Annotated[str | None, "to the page that adds one; None: the pool has no passkeys"] = None
    recovery_codes: Annotated[int | None, "how many are left; None: not offered"] = None
    sessions: Annotated[tuple[AccountSession, ...], "browsers where the person is signed in, this one first"] = ()
    sign_out_form: Annotated[Form | None, "the form that signs out here (`action=sign_out`)"] = None
    gone_passkey: Annotated[str | None, "JSON for `data-passkey-gone`: a passkey that was just removed"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPasswordPage(PageFrame):
    """Changes the password. Submits `action=change_password`, fields `password`, `new_password`, `confirm_password`."""

    template = "account_password.html"

    username: Annotated[str, "whose"]
    password_rules: Annotated[tuple[PasswordRule, ...], "requirements, in order"] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPasskeyPage(PageFrame):
    """Renames a passkey. Submits `action=save_passkey`, fields `passkey` (hidden) and `passkey_name`."""

    template = "account_passkey.html"

    username: Annotated[str, "whose"]
    passkey: Annotated[str, "value of the hidden field `passkey`"]
    name: Annotated[str, "what it is called, or what was typed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountContactPage(PageFrame):
    """Changes the e-mail address or the phone number. Submits `action=change_contact`."""

    template = "account_contact.html"

    username: Annotated[str, "whose"]
    field: Annotated[AttributeField, "the one field"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCodePage(PageFrame):
    """The code that proves a new address. Submits `action=confirm`; a second form submits `action=resend`."""

    template = "account_code.html"

    destination: Annotated[str | None, "masked address the code went to"] = None
    resend_form: Annotated[Form | None, "the form that sends the code again; None: not offered"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmLinkPage(PageFrame):
    """Where a link of a mail leads: one button, so that a mail scanner's GET confirms nothing. `action=confirm`."""

    template = "confirm_link.html"

    username: Annotated[str | None, "who is confirmed, where that may be shown"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPage(PageFrame):
    """Asks whether the application may have what it asks for. Submits `action=approve` or `action=deny`."""

    template = "consent.html"

    username: Annotated[str, "who is signed in and asked"]
    permissions: Annotated[tuple[Permission, ...], "what is asked for, in order"] = ()
    switch_url: Annotated[str | None, "where somebody else can sign in"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOutPage(PageFrame):
    """Asks before signing out, where a request did not prove where it came from. Submits `action=sign_out`."""

    template = "sign_out.html"

    username: Annotated[str | None, "who is signed in"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOutPage(PageFrame):
    """Says that it is done."""

    template = "signed_out.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningOutPage(PageFrame):
    """Loads the sign-out addresses of other applications in frames nobody sees, and goes on when they have answered."""

    template = "signing_out.html"

    frames: Annotated[tuple[str, ...], "addresses to load, each in a frame of its own"] = ()
    continue_url: Annotated[str, "where the browser goes next"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage(PageFrame):
    """Something that the person cannot mend by filling in a form again. The sentence stands in `error.summary`."""

    template = "error.html"

    request_id: Annotated[str | None, "what support needs to find the request"] = None
    hint: Annotated[str | None, "what to do now, in a sentence"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPostPage(PageFrame):
    """Carries the answer back to the application, by itself with JavaScript, by its button without (`response_mode=form_post`).

    Its form goes to another origin: it has neither `csrf_token` nor `action`, only the fields given, each a hidden input.
    """

    template = "form_post.html"

    action_url: Annotated[str, "the application's address that the form is posted to"]
    fields: Annotated[tuple[PostedField, ...], "the answer, one hidden input each"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailEnvelope:
    """What a mail's words are wrapped in, once as HTML and once as text."""

    template: ClassVar[str] = "mail/envelope.html"
    text_template: ClassVar[str] = "mail/envelope.txt"

    lang: Annotated[str, "BCP 47 tag of the mail's language"]
    dir: Annotated[Literal["ltr", "rtl"], "writing direction"] = "ltr"
    brand: Annotated[Brand, "whose mail it is"]
    subject: Annotated[str, "the mail's subject, its heading as well"]
    paragraphs: Annotated[tuple[str, ...], "plain sentences before the code or link"]
    code: Annotated[str | None, "the code, on a line of its own"] = None
    link: Annotated[MailLink | None, "the one action"] = None
    origin_host: Annotated[str | None, "host that the code is for; the last line is `@host #code`"] = None
    closing: Annotated[tuple[str, ...], "plain sentences after the code or link"] = ()


PAGES: tuple[type[PageFrame], ...] = (
    SignInPage,
    SignUpPage,
    ConfirmPage,
    ResendCodePage,
    ForgotPasswordPage,
    ResetPasswordPage,
    ChangePasswordPage,
    PasswordPage,
    ChooseWayPage,
    CodePage,
    AuthenticatorPage,
    SetUpContactPage,
    AddPasskeyPage,
    RecoveryCodesPage,
    AccountPage,
    AccountPasswordPage,
    AccountPasskeyPage,
    AccountContactPage,
    AccountCodePage,
    ConfirmLinkPage,
    ConsentPage,
    SignOutPage,
    SigningOutPage,
    SignedOutPage,
    ErrorPage,
    FormPostPage,
)
