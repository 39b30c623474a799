"""The values of this room: a branding, its logo, and what can be wrong with one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from app.core.branding.colour import Colour


class Font(StrEnum):
    """Families a branding may choose; none of them makes the browser load anything from elsewhere."""

    THEME = "theme"
    SYSTEM = "system"
    HUMANIST = "humanist"
    ROUNDED = "rounded"
    SERIF = "serif"
    MONOSPACE = "monospace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A picture shown above the card's title; `digest` addresses it, so that it may be cached for good."""

    media_type: str
    content: bytes = field(repr=False)
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Branding:
    """What a pool or a client changes about its pages. None means: as the theme has it.

    `texts` maps a language to sentences by their key; `links` holds `help`, `privacy` and `terms` addresses.
    """

    theme: str | None = None
    display_name: str | None = None
    accent: Colour | None = None
    accent_text: Colour | None = None
    accent_dark: Colour | None = None
    accent_text_dark: Colour | None = None
    surface: Colour | None = None
    surface_dark: Colour | None = None
    text: Colour | None = None
    text_dark: Colour | None = None
    radius: int | None = None
    font: Font | None = None
    logo: Logo | None = None
    classic: str = ""
    """Rules of a classic stylesheet, already made for the default theme (``classic_css.py``)."""
    logo_dark: Logo | None = None
    links: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))

    def texts_for(self, language: str) -> Mapping[str, str]:
        """The replaced sentences for one language, without falling back to another."""
        return self.texts.get(language, MappingProxyType({}))


# The sentences that a branding may put in its own words. Errors and anything a person's safety hangs on are absent:
# a pool's administrator cannot make a page say that a wrong password was right.
TEXT_KEYS = frozenset(
    {
        "sign_in.title",
        "sign_in.lead",
        "sign_up.title",
        "sign_up.lead",
        "confirm.title",
        "forgot_password.title",
        "forgot_password.lead",
        "reset_password.title",
        "signed_out.title",
        "signed_out.lead",
        "frame.note",
        "username.label",
    }
)

LINK_KEYS = frozenset({"help", "privacy", "terms"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandingProblem:
    """One mistake: where it stands in the document, what is wrong, and what would be right where that is known."""

    path: str
    sentence: str
    proposal: str | None = None

    def __str__(self) -> str:
        advice = f" Try {self.proposal}." if self.proposal else ""
        return f"{self.path}: {self.sentence}{advice}"


class BrandingInvalid(ValueError):  # noqa: N818
    """A branding document was refused; `problems` holds every mistake found, not only the first."""

    def __init__(self, problems: tuple[BrandingProblem, ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems
