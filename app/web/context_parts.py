"""The parts that the contexts of pages are made of, and what every page has (see `contexts.py`)."""

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
    account_url: Annotated[str | None, "to the account page, from pages that belong to it"] = None
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


WayKind = Literal["password", "passkey", "email", "sms", "authenticator", "recovery"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to prove who one is, as a button of the page's form: `name=way`, and the value."""

    value: Annotated[str, "value of the button"]
    kind: Annotated[WayKind, "which; the catalogue's `way.<kind>` says it"]
    destination: Annotated[str | None, "masked address its code goes to; None: not said"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceremony:
    """What `passkeys.js` asks the browser for, and the form that takes its answer.

    The form has the hidden fields `csrf_token`, `state` and `credential`, which the script fills in; its button submits
    `action=passkey`. Without JavaScript neither is shown.
    """

    form: Annotated[Form, "where the answer goes"]
    options: Annotated[
        str, "WebAuthn options as JSON, for `data-passkey-options`; public, and good for this page alone"
    ]
    state: Annotated[str, "goes into the hidden field `state`"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QrCode:
    """A QR code as one path on a grid; dark modules on a light ground in every colour scheme."""

    size: Annotated[int, "width and height of the grid, its quiet zone included"]
    path: Annotated[str, "`d` of the path that draws the dark modules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountContact:
    """An address of the person, on the account page."""

    name: Annotated[Literal["email", "phone_number"], "which attribute"]
    value: Annotated[str | None, "the address; None where there is none"] = None
    verified: Annotated[bool, "whether it was proven by a code"] = False
    waiting: Annotated[str | None, "a new address that waits for its code"] = None
    change_url: Annotated[str | None, "to the page that changes it; None: it cannot be changed here"] = None
    verify_url: Annotated[str | None, "to the page that proves it by a code, where it waits for one"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFactor:
    """A second step of the sign-in, on the account page. Its buttons submit `action` with `factor=<name>`."""

    name: Annotated[str, "value of the field `factor`"]
    kind: Annotated[Literal["authenticator", "sms", "email"], "which; the catalogue's `way.<kind>` says it"]
    on: Annotated[bool, "whether it is asked for at sign-in"]
    preferred: Annotated[bool, "whether it is asked for first"] = False
    destination: Annotated[str | None, "masked address its codes go to"] = None
    can_set_up: Annotated[bool, "whether a button leads to its set-up (`action=set_up`)"] = False
    can_turn_on: Annotated[bool, "whether a button turns it on (`action=turn_on`)"] = False
    can_turn_off: Annotated[bool, "whether a button turns it off (`action=turn_off`)"] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPasskey:
    """A passkey on the account page. Its buttons submit `action=rename_passkey` or `action=remove_passkey` with `passkey=<id>`."""

    id: Annotated[str, "value of the field `passkey`"]
    name: Annotated[str, "what it is called"]
    added: Annotated[str | None, "the day it was added, as the page's language writes it"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSession:
    """A browser on the account page. The button of any other submits `action=end_session` with `session=<id>`."""

    id: Annotated[str, "value of the field `session`"]
    device: Annotated[str | None, "system and browser, as the browser names itself; None: not known"] = None
    minutes: Annotated[int, "minutes since it was last used, exact to five"] = 0
    current: Annotated[bool, "whether it is this very browser, which has no button"] = False


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
class MailLink:
    """The one action of a mail."""

    url: Annotated[str, "https address"]
    label: Annotated[str, "what the button says"]


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
    Way,
    Ceremony,
    QrCode,
    AccountContact,
    AccountFactor,
    AccountPasskey,
    MailLink,
)
