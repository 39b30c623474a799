"""Our own words, used where a pool has none: what each notice says, in each language."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.core.messages.model import NoticeKind

FALLBACK = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One notice in one language. ``{brand}``, ``{username}``, ``{days}`` and, in ``text``, ``{code}`` are filled in."""

    subject: str
    paragraphs: tuple[str, ...]
    closing: tuple[str, ...]
    text: str


_EN_NOT_YOU = "If this was not you, you can ignore this message."
_EN_DAY = "The code is valid for 24 hours."
_DE_NOT_YOU = "Waren Sie das nicht, können Sie diese Nachricht ignorieren."
_DE_DAY = "Der Code gilt 24 Stunden."

_EN_SIGN_UP = Words(
    subject="Your confirmation code",
    paragraphs=("Enter this code to confirm your account at {brand}:",),
    closing=(_EN_DAY, _EN_NOT_YOU),
    text="{code} is your confirmation code for {brand}.",
)
_DE_SIGN_UP = Words(
    subject="Ihr Bestätigungscode",
    paragraphs=("Mit diesem Code bestätigen Sie Ihr Konto bei {brand}:",),
    closing=(_DE_DAY, _DE_NOT_YOU),
    text="{code} ist Ihr Bestätigungscode für {brand}.",
)

_CODES: Mapping[str, Mapping[NoticeKind, Words]] = {
    "en": {
        NoticeKind.SIGN_UP: _EN_SIGN_UP,
        NoticeKind.RESEND_CODE: _EN_SIGN_UP,
        NoticeKind.FORGOT_PASSWORD: Words(
            subject="Your code to set a new password",
            paragraphs=("Enter this code to set a new password at {brand}:",),
            closing=(
                "The code is valid for one hour.",
                "If you did not ask for it, you can ignore this message; your password stays as it is.",
            ),
            text="{code} is your code to set a new password at {brand}.",
        ),
        NoticeKind.VERIFY_ATTRIBUTE: Words(
            subject="Your verification code",
            paragraphs=("Enter this code to show that this address is yours. It is for your account at {brand}:",),
            closing=(_EN_DAY, _EN_NOT_YOU),
            text="{code} is your verification code for {brand}.",
        ),
        NoticeKind.INVITATION: Words(
            subject="Your account at {brand}",
            paragraphs=(
                "An account at {brand} has been made for you.",
                "Your user name: {username}",
                "Your temporary password:",
            ),
            closing=("It is valid for {days} days. You choose a password of your own when you first sign in.",),
            text="Your user name at {brand} is {username}, your temporary password is {code}",
        ),
        NoticeKind.ACCOUNT_EXISTS: Words(
            subject="You already have an account",
            paragraphs=(
                "Somebody, probably you, tried to create an account at {brand} with this address.",
                "There is one already, so nothing was changed. You can sign in, or set a new password if you forgot yours.",
            ),
            closing=(_EN_NOT_YOU,),
            text="You already have an account at {brand}. Sign in, or set a new password if you forgot yours.",
        ),
        NoticeKind.AUTHENTICATION: Words(
            subject="Your sign-in code",
            paragraphs=("Enter this code to sign in at {brand}:",),
            closing=(
                "The code is valid for a few minutes.",
                "If you are not signing in right now, do not give the code to anybody, and change your password.",
            ),
            text="{code} is your sign-in code for {brand}.",
        ),
    },
    "de": {
        NoticeKind.SIGN_UP: _DE_SIGN_UP,
        NoticeKind.RESEND_CODE: _DE_SIGN_UP,
        NoticeKind.FORGOT_PASSWORD: Words(
            subject="Ihr Code für ein neues Passwort",
            paragraphs=("Mit diesem Code setzen Sie ein neues Passwort bei {brand}:",),
            closing=(
                "Der Code gilt eine Stunde.",
                "Haben Sie ihn nicht angefordert, können Sie diese Nachricht ignorieren; Ihr Passwort bleibt, wie es ist.",
            ),
            text="{code} ist Ihr Code für ein neues Passwort bei {brand}.",
        ),
        NoticeKind.VERIFY_ATTRIBUTE: Words(
            subject="Ihr Prüfcode",
            paragraphs=(
                "Mit diesem Code zeigen Sie, dass diese Adresse Ihnen gehört. Er ist für Ihr Konto bei {brand}:",
            ),
            closing=(_DE_DAY, _DE_NOT_YOU),
            text="{code} ist Ihr Prüfcode für {brand}.",
        ),
        NoticeKind.INVITATION: Words(
            subject="Ihr Konto bei {brand}",
            paragraphs=(
                "Für Sie wurde ein Konto bei {brand} angelegt.",
                "Ihr Benutzername: {username}",
                "Ihr vorläufiges Passwort:",
            ),
            closing=("Es gilt {days} Tage. Bei der ersten Anmeldung wählen Sie ein eigenes Passwort.",),
            text="Ihr Benutzername bei {brand} ist {username}, Ihr vorläufiges Passwort ist {code}",
        ),
        NoticeKind.ACCOUNT_EXISTS: Words(
            subject="Sie haben schon ein Konto",
            paragraphs=(
                "Jemand, vermutlich Sie selbst, wollte bei {brand} mit dieser Adresse ein Konto anlegen.",
                "Es gibt schon eines, deshalb wurde nichts geändert. Sie können sich anmelden oder, falls Sie Ihr Passwort vergessen haben, ein neues setzen.",
            ),
            closing=(_DE_NOT_YOU,),
            text="Sie haben schon ein Konto bei {brand}. Melden Sie sich an oder setzen Sie ein neues Passwort.",
        ),
        NoticeKind.AUTHENTICATION: Words(
            subject="Ihr Anmeldecode",
            paragraphs=("Mit diesem Code melden Sie sich bei {brand} an:",),
            closing=(
                "Der Code gilt wenige Minuten.",
                "Melden Sie sich gerade nicht an, geben Sie den Code niemandem und ändern Sie Ihr Passwort.",
            ),
            text="{code} ist Ihr Anmeldecode für {brand}.",
        ),
    },
}

_LINKS: Mapping[str, Words] = {
    "en": Words(
        subject="Confirm your account",
        paragraphs=("Open this page to confirm your account at {brand}.",),
        closing=("The link is valid for 24 hours.", _EN_NOT_YOU),
        text="",
    ),
    "de": Words(
        subject="Bestätigen Sie Ihr Konto",
        paragraphs=("Auf dieser Seite bestätigen Sie Ihr Konto bei {brand}.",),
        closing=("Der Link gilt 24 Stunden.", _DE_NOT_YOU),
        text="",
    ),
}

_LINK_LABELS: Mapping[str, str] = {"en": "Confirm my account", "de": "Mein Konto bestätigen"}


def choose_language(hint: str | None) -> str:
    """A language we have words in, by the first part of a BCP 47 tag; English otherwise."""
    primary = (hint or "").replace("_", "-").split("-")[0].lower()
    return primary if primary in _CODES else FALLBACK


def words_of(kind: NoticeKind, language: str) -> Words:
    """What a notice says with a code, or with nothing."""
    return _CODES[language][kind]


def words_with_link(language: str) -> Words:
    """What a confirmation says whose action is a link."""
    return _LINKS[language]


def link_label(language: str) -> str:
    return _LINK_LABELS[language]
