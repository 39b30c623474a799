"""The stylesheet that a branding becomes: custom properties on `:root`, for light and for dark."""

from dataclasses import dataclass

from app.core.branding.colour import BLACK, WHITE, Colour, contrast, nearest_passing
from app.core.branding.model import Branding, Font

# The default theme's own colours, which a branding that sets only some of them is completed with.
ACCENT, ACCENT_DARK = Colour.from_hex("#0b6670"), Colour.from_hex("#63d2d6")
SURFACE, SURFACE_DARK = WHITE, Colour.from_hex("#141c22")
TEXT, TEXT_DARK = Colour.from_hex("#14202b"), Colour.from_hex("#e9eef2")
DANGER, DANGER_DARK = Colour.from_hex("#b3261e"), Colour.from_hex("#ffb3ab")
GOOD, GOOD_DARK = Colour.from_hex("#14693b"), Colour.from_hex("#8fdcab")
INK = Colour.from_hex("#06151a")

_FAMILIES = {
    Font.SYSTEM: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
    Font.HUMANIST: 'Seravek, "Gill Sans Nova", Ubuntu, Calibri, "Source Sans 3", sans-serif',
    Font.ROUNDED: 'ui-rounded, "Hiragino Maru Gothic ProN", Quicksand, Nunito, system-ui, sans-serif',
    Font.SERIF: 'ui-serif, "Iowan Old Style", Charter, Georgia, Cambria, serif',
    Font.MONOSPACE: 'ui-monospace, "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours of one mode, complete. `link` is the accent, moved until it can be read on the card."""

    accent: Colour
    accent_text: Colour
    surface: Colour
    text: Colour
    link: Colour


def palette(branding: Branding, *, dark: bool) -> Palette:
    """The colours of one mode: what was set, and for the rest what follows from it."""
    if not dark:
        accent = branding.accent or ACCENT
        surface = branding.surface or SURFACE
        return Palette(
            accent=accent,
            accent_text=branding.accent_text or WHITE,
            surface=surface,
            text=branding.text or _readable(TEXT, surface),
            link=nearest_passing(accent, against=surface),
        )
    surface = branding.surface_dark or SURFACE_DARK
    accent = branding.accent_dark or _dark_accent(branding, surface)
    return Palette(
        accent=accent,
        accent_text=branding.accent_text_dark or max((WHITE, INK), key=lambda words: contrast(words, accent)),
        surface=surface,
        text=branding.text_dark or _readable(TEXT_DARK, surface),
        link=nearest_passing(accent, against=surface),
    )


def stylesheet(branding: Branding) -> str:
    """A stylesheet of nothing but custom properties on `:root`; the theme's own stylesheet reads them.

    Every value is made here from parsed values, never copied from the document, so that no branding can smuggle in
    a rule, an address or a comment.
    """
    shared = []
    if branding.radius is not None:
        shared.append(f"--radius: {branding.radius}px;")
    if branding.font is not None and branding.font in _FAMILIES:
        shared.append(f"--font: {_FAMILIES[branding.font]};")
    light = [*shared, *_properties(branding, dark=False)]
    dark = _properties(branding, dark=True)
    blocks = []
    if light:
        blocks.append(":root {\n" + "".join(f"  {line}\n" for line in light) + "}\n")
    if dark:
        lines = "".join(f"    {line}\n" for line in dark)
        blocks.append("@media (prefers-color-scheme: dark) {\n  :root {\n" + lines + "  }\n}\n")
    return "".join(blocks)


def _properties(branding: Branding, *, dark: bool) -> list[str]:
    colours = palette(branding, dark=dark)
    accent_set = any((branding.accent, branding.accent_text, branding.accent_dark, branding.accent_text_dark))
    surface_set = branding.surface_dark if dark else branding.surface
    text_set = branding.text_dark if dark else branding.text
    lines = []
    if accent_set:
        lines += [f"--accent: {colours.accent};", f"--accent-text: {colours.accent_text};"]
    if accent_set or surface_set:
        lines.append(f"--link: {colours.link};")
    if surface_set:
        lines.append(f"--surface: {colours.surface};")
    if surface_set or text_set:
        muted = nearest_passing(colours.text.mixed(colours.surface, share=0.76), against=colours.surface)
        lines += [f"--text: {colours.text};", f"--muted: {muted};"]
    if surface_set:
        # The theme's red and green are made for its own card; on another they may need to move.
        red, green = (DANGER_DARK, GOOD_DARK) if dark else (DANGER, GOOD)
        lines.append(f"--danger-on-card: {nearest_passing(red, against=colours.surface)};")
        lines.append(f"--good-on-card: {nearest_passing(green, against=colours.surface)};")
    return lines


def _dark_accent(branding: Branding, surface: Colour) -> Colour:
    """The light accent, lifted until it glows on the dark card and dark ink can be read on it."""
    if branding.accent is None:
        return ACCENT_DARK
    lifted = nearest_passing(branding.accent, against=surface, ratio=5.5)
    words = branding.accent_text_dark or max((WHITE, INK), key=lambda candidate: contrast(candidate, lifted))
    return nearest_passing(lifted, against=words)


def _readable(preferred: Colour, surface: Colour) -> Colour:
    """The theme's own text colour, or black or white where the surface was set so that it cannot be read."""
    if contrast(preferred, surface) >= 7:
        return preferred
    return max((BLACK, WHITE), key=lambda words: contrast(words, surface))
