"""What each page gives its template: the public contract of themes.

A context is all that a template can see besides the functions `t`, `asset` and the value `theme`. No context holds
a secret: no password, token or session, and of a code only the mail that carries it. The one exception is the page
that carries an answer to the application, code or tokens, and does nothing else. `docs/reference/theme-contexts.md`
is generated from this file; a test fails when it is stale.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One entry of the language switcher."""

    code: Annotated[str, "BCP 47 tag, for `lang` and `hreflang`"]
    name: Annotated[str, "the language's name in itself"]
    url: Annotated[str, "this page in that language"]
    current: Annotated[bool, "whether the page is in this language"] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """Whose page it is."""

    name: Annotated[str, "the application's or the pool's name"]
    logo_url: Annotated[str | None, "address of the logo on this origin"] = None
    logo_dark_url: Annotated[str | None, "the logo for dark mode, where there is one of its own"] = None
    stylesheet_url: Annotated[str | None, "address of the stylesheet made from the pool's branding"] = None
    texts: Annotated[Mapping[str, str], "sentences replaced by the branding, by key; `t` looks here first"] = field(
        default_factory=_nothing
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FormErrors:
    """Why the form came back."""

    summary: Annotated[str, "one sentence, shown in the element with `role=alert`"]
    fields: Annotated[Mapping[str, str], "a sentence by field name"] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Where the page's form goes."""

    action_url: Annotated[str, "address the form is posted to"]
    csrf_token: Annotated[str, "goes into the hidden field `csrf_token`"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where else a person can go from here. None: not from this page, or not in this pool."""

    sign_in_url: Annotated[str | None, "back to the sign-in page"] = None
    sign_up_url: Annotated[str | None, "to the sign-up page; None where the pool allows no self-service sign-up"] = None
    forgot_password_url: Annotated[str | None, "to the page that sends a reset code"] = None
    confirm_url: Annotated[str | None, "to the page that takes a confirmation code"] = None
    resend_code_url: Annotated[str | None, "to the page that sends the confirmation code again"] = None
    application_url: Annotated[str | None, "back to the application"] = None
    help_url: Annotated[str | None, "the branding's help page"] = None
    privacy_url: Annotated[str | None, "the branding's privacy notice"] = None
    terms_url: Annotated[str | None, "the branding's terms of service"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Another way in: an external identity provider."""

    name: Annotated[str, "the provider's name as a person knows it"]
    url: Annotated[str, "authorize request that goes straight to this provider"]
    kind: Annotated[str, "`google`, `apple`, `facebook`, `amazon`, `saml` or `oidc`; chooses the mark"] = "oidc"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeField:
    """A field for one user attribute."""

    name: Annotated[str, "field name: the attribute's own name, or `custom:<name>`"]
    label: Annotated[str | None, "visible label; None: the catalogue's `attribute.<name>`"] = None
    type: Annotated[Literal["text", "email", "tel", "url", "date", "number"], "type of the input"] = "text"
    autocomplete: Annotated[str, "autofill token (HTML, autofill field names)"] = "off"
    required: Annotated[bool, "whether the form is refused without it"] = True
    value: Annotated[str, "what was typed before, or an empty text"] = ""
    hint: Annotated[str | None, "a sentence below the label"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRule:
    """One requirement of the pool's password policy, shown before a password is typed."""

    kind: Annotated[
        Literal["length", "uppercase", "lowercase", "number", "symbol", "not_common", "not_reused"],
        "which requirement; the catalogue's `password_rule.<kind>` says it",
    ]
    n: Annotated[int, "the least length, or how many earlier passwords are refused; else 0"] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedField:
    """One parameter of the answer that a page carries to the application."""

    name: Annotated[str, "parameter name"]
    value: Annotated[str, "parameter value, as it must arrive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One thing that an application asks for."""

    kind: Annotated[
        Literal["openid", "email", "phone", "profile", "account", "other"],
        "which; the catalogue's `scope.<kind>` says it, `other` with `{scope}`",
    ]
    scope: Annotated[str, "the scope's own name"]


IdentifierKind = Literal["username", "email", "phone_number", "email_or_phone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFrame:
    """What every page has."""

    template: ClassVar[str]

    lang: Annotated[str, "BCP 47 tag of the page's language"]
    dir: Annotated[Literal["ltr", "rtl"], "writing direction"] = "ltr"
    languages: Annotated[tuple[Language, ...], "the switcher; shown where there is more than one"] = ()
    brand: Annotated[Brand, "whose page it is"]
    title: Annotated[str | None, "heading in the place of the page's own"] = None
    error: Annotated[FormErrors | None, "why the form came back"] = None
    notice: Annotated[str | None, "good news, such as that a code was sent again"] = None
    form: Annotated[Form | None, "where the form goes; None on pages without one"] = None
    values: Annotated[Mapping[str, str], "what was typed, by field name; never a password or a code"] = field(
        default_factory=_nothing
    )
    links: Annotated[Links, "where else to go"] = field(default_factory=Links)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage(PageFrame):
    """Identifier and password, and the providers beside them. Submits `action=sign_in`."""

    template = "sign_in.html"

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
class MailLink:
    """The one action of a mail."""

    url: Annotated[str, "https address"]
    label: Annotated[str, "what the button says"]


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
    ConfirmLinkPage,
    ConsentPage,
    SignOutPage,
    SigningOutPage,
    SignedOutPage,
    ErrorPage,
    FormPostPage,
)

PARTS: tuple[type, ...] = (
    Language,
    Brand,
    FormErrors,
    Form,
    Links,
    Provider,
    AttributeField,
    PasswordRule,
    PostedField,
    Permission,
    MailLink,
)
