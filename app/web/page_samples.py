"""One example of every state of every page: for previews of a theme, and for the tests that hold all themes to it."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from app.core.branding import parse_branding, stylesheet
from app.web.context_parts import (
    AttributeField,
    Brand,
    Form,
    FormErrors,
    Language,
    Links,
    MailLink,
    PageFrame,
    PasswordRule,
    Permission,
    PostedField,
    Provider,
)
from app.web.contexts import (
    ChangePasswordPage,
    ConfirmLinkPage,
    ConfirmPage,
    ConsentPage,
    ErrorPage,
    ForgotPasswordPage,
    FormPostPage,
    MailEnvelope,
    ResendCodePage,
    ResetPasswordPage,
    SignedOutPage,
    SigningOutPage,
    SignInPage,
    SignOutPage,
    SignUpPage,
)
from app.web.factor_samples import factor_samples
from app.web.pages import Pages

SAMPLE_STYLESHEET_URL = "/sample-branding.css"

RULES = (
    PasswordRule(kind="length", n=12),
    PasswordRule(kind="uppercase"),
    PasswordRule(kind="lowercase"),
    PasswordRule(kind="number"),
    PasswordRule(kind="symbol"),
    PasswordRule(kind="not_common"),
    PasswordRule(kind="not_reused", n=5),
)

PROVIDERS = (
    Provider(name="Google", url="/elsewhere", kind="google"),
    Provider(name="Acme Staff", url="/elsewhere", kind="saml"),
)


def sample_stylesheet() -> str:
    """The stylesheet of the branded samples: a pool that likes violet."""
    return stylesheet(parse_branding({"accent": "#6d28d9", "radius": 20}))


def sample_pages(pages: Pages, theme: str, lang: str) -> Mapping[str, PageFrame]:
    """Every page in every state worth looking at, by a name for its address."""
    catalogue = next((found for found in pages.languages(theme) if found.lang == lang), pages.languages(theme)[0])

    def say(key: str, **params: object) -> str:
        return pages.sentence(theme, lang, key, **params)

    form = Form(action_url="/nowhere", csrf_token="sample")
    elsewhere = Links(
        sign_in_url="sign-in",
        sign_up_url="sign-up",
        forgot_password_url="forgot-password",
        confirm_url="confirm",
        resend_code_url="resend-code",
        application_url="https://app.example/",
        help_url="https://app.example/help",
        privacy_url="https://app.example/privacy",
        terms_url="https://app.example/terms",
    )
    frame: dict[str, Any] = {
        "lang": catalogue.lang,
        "dir": catalogue.dir,
        "languages": tuple(
            Language(code=each.lang, name=each.name, url=f"?lang={each.lang}", current=each.lang == catalogue.lang)
            for each in pages.languages(theme)
        ),
        "brand": Brand(name="Tidewater"),
        "links": elsewhere,
        "form": form,
    }
    sign_in = SignInPage(**frame, identifier="email")
    sign_up = SignUpPage(
        **frame,
        identifier="email",
        attributes=(
            AttributeField(name="given_name", autocomplete="given-name"),
            AttributeField(
                name="phone_number", type="tel", autocomplete="tel", required=False, hint=say("hint.phone_number")
            ),
            AttributeField(name="custom:berth", label="Berth", type="number", required=False),
        ),
        password_rules=RULES,
    )
    confirm = ConfirmPage(**frame, username="ada@example.com", destination="a***@e***", resend_form=form)
    reset = ResetPasswordPage(
        **frame, username="ada@example.com", destination="a***@e***", password_rules=RULES, resend_form=form
    )
    change = ChangePasswordPage(**frame, username="ada@example.com", password_rules=RULES)
    return MappingProxyType(
        {
            "sign-in": sign_in,
            "sign-in-providers": replace(sign_in, identifier="username", providers=PROVIDERS),
            "sign-in-providers-only": replace(sign_in, providers=PROVIDERS, password_sign_in=False),
            "sign-in-refused": replace(
                sign_in,
                values={"username": "ada@example.com"},
                error=FormErrors(summary=say("error.wrong_credentials")),
            ),
            "sign-in-notice": replace(sign_in, notice=say("notice.confirmed"), identifier="phone_number"),
            "sign-in-branded": replace(
                sign_in,
                brand=Brand(
                    name="Tidewater",
                    logo_url=pages.asset_url("default", "mark.png"),
                    logo_dark_url=pages.asset_url("default", "mark.png"),
                    stylesheet_url=SAMPLE_STYLESHEET_URL,
                    texts={"sign_in.title": "Welcome aboard", "frame.note": "A service of the {brand} harbour office."},
                ),
            ),
            "sign-up": sign_up,
            "sign-up-refused": replace(
                sign_up,
                values={"username": "ada"},
                error=FormErrors(
                    summary=say("error.check_fields"),
                    fields={
                        "username": say("error.invalid_email"),
                        "phone_number": say("error.invalid_phone"),
                        "password": say("error.password_too_short", n=12),
                    },
                ),
            ),
            "confirm": confirm,
            "confirm-by-link": replace(confirm, by_link=True),
            "confirm-unknown": replace(confirm, username=None, destination=None, identifier="email_or_phone"),
            "confirm-refused": replace(
                confirm,
                error=FormErrors(summary=say("error.code_mismatch"), fields={"code": say("error.code_mismatch")}),
            ),
            "resend-code": ResendCodePage(**frame, identifier="email"),
            "forgot-password": ForgotPasswordPage(**frame, identifier="email"),
            "reset-password": reset,
            "reset-password-refused": replace(
                reset,
                error=FormErrors(
                    summary=say("error.check_fields"), fields={"confirm_password": say("error.password_mismatch")}
                ),
            ),
            "change-password": replace(
                change, attributes=(AttributeField(name="family_name", autocomplete="family-name"),)
            ),
            "change-password-expired": replace(change, reason="expired"),
            "confirm-link": ConfirmLinkPage(**frame, username="ada@example.com"),
            **factor_samples(frame, sign_in, say),
            "consent": ConsentPage(
                **frame,
                username="ada@example.com",
                permissions=(
                    Permission(kind="openid", scope="openid"),
                    Permission(kind="email", scope="email"),
                    Permission(kind="phone", scope="phone"),
                    Permission(kind="profile", scope="profile"),
                    Permission(kind="account", scope="aws.cognito.signin.user.admin"),
                    Permission(kind="other", scope="https://berths.example/read"),
                ),
                switch_url="sign-in",
            ),
            # Without frames it stays where it is.
            "signing-out": SigningOutPage(**{**frame, "form": None}, continue_url="signed-out"),
            "sign-out": SignOutPage(**frame, username="ada@example.com"),
            "signed-out": SignedOutPage(**{**frame, "form": None}),
            "error": ErrorPage(
                **{**frame, "form": None, "links": replace(elsewhere, sign_in_url=None)},
                error=FormErrors(summary=say("error.redirect_uri")),
                hint=say("error_hint.redirect_uri"),
                request_id="01J9Z6K3T8-4f7a",
            ),
            "error-expired": ErrorPage(
                **{**frame, "form": None}, error=FormErrors(summary=say("error.session_expired"))
            ),
            "form-post": FormPostPage(
                **{**frame, "form": None, "languages": (), "links": Links()},
                action_url="/nowhere",
                fields=(PostedField(name="code", value="sample"), PostedField(name="state", value='a "b" & c')),
            ),
        }
    )


def sample_mails(pages: Pages, theme: str, lang: str) -> Mapping[str, MailEnvelope]:
    """A mail with a code, one with a link, one with neither."""
    frame: dict[str, Any] = {"lang": lang, "brand": Brand(name="Tidewater")}
    closing = (pages.sentence(theme, lang, "mail.not_you"),)
    return MappingProxyType(
        {
            "mail-code": MailEnvelope(
                **frame,
                subject="Your confirmation code",
                paragraphs=("Your confirmation code is:",),
                code="418207",
                origin_host="auth.example.com",
                closing=closing,
            ),
            "mail-link": MailEnvelope(
                **frame,
                subject="Confirm your address",
                paragraphs=("Please confirm that this address is yours.",),
                link=MailLink(url="https://auth.example.com/confirmUser?a=1&b=2", label="Confirm my account"),
                closing=closing,
            ),
            "mail-account-exists": MailEnvelope(
                **frame,
                subject=pages.sentence(theme, lang, "mail.account_exists_subject"),
                paragraphs=(pages.sentence(theme, lang, "mail.account_exists", brand="Tidewater"),),
                closing=closing,
            ),
        }
    )
