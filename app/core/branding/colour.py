"""Colours as sRGB bytes, their contrast (WCAG 2.2 §1.4.3), and the nearest colour that can be read."""

import re
from dataclasses import dataclass
from typing import Self

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")

# How far lightness is moved per step while looking for a passing colour: finer than an eye can tell.
_STEPS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Colour:
    """An opaque sRGB colour; `str()` is its six-digit hexadecimal form."""

    red: int
    green: int
    blue: int

    @classmethod
    def from_hex(cls, text: str) -> Self:
        """Reads `#rgb` or `#rrggbb`; ValueError for anything else, named colours and functions included."""
        if not _HEX.fullmatch(text):
            raise ValueError("a colour is written #rgb or #rrggbb")
        digits = text[1:] if len(text) == 7 else "".join(digit * 2 for digit in text[1:])
        return cls(red=int(digits[0:2], 16), green=int(digits[2:4], 16), blue=int(digits[4:6], 16))

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def luminance(self) -> float:
        """Relative luminance between 0 (black) and 1 (white), as WCAG 2.2 defines it."""
        red, green, blue = (_linear(channel) for channel in (self.red, self.green, self.blue))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def mixed(self, other: "Colour", *, share: float) -> "Colour":
        """`share` of this colour and the rest of the other, channel by channel in sRGB, as CSS `color-mix` does."""
        return Colour(
            red=round(self.red * share + other.red * (1 - share)),
            green=round(self.green * share + other.green * (1 - share)),
            blue=round(self.blue * share + other.blue * (1 - share)),
        )


WHITE = Colour(red=255, green=255, blue=255)
BLACK = Colour(red=0, green=0, blue=0)


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of two colours, 1 to 21, whichever is the lighter (WCAG 2.2 §1.4.3)."""
    lighter, darker = sorted((one.luminance, other.luminance), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def nearest_passing(colour: Colour, *, against: Colour, ratio: float = 4.5) -> Colour:
    """The colour of the same hue, as near in lightness as possible, that reaches `ratio` against the other one.

    Lightness moves in OKLab, where a step looks equally large everywhere; where no lightness of this hue passes,
    black or white is answered, whichever stands out more.
    """
    if contrast(colour, against) >= ratio:
        return colour
    lightness, green_red, blue_yellow = _oklab(colour)
    for step in range(1, _STEPS + 1):
        for moved in (lightness - step / _STEPS, lightness + step / _STEPS):
            if not 0 <= moved <= 1:
                continue
            candidate = _from_oklab(moved, green_red, blue_yellow)
            if contrast(candidate, against) >= ratio:
                return candidate
    return max((BLACK, WHITE), key=lambda extreme: contrast(extreme, against))


def _linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def _companded(share: float) -> int:
    clipped = min(1.0, max(0.0, share))
    value = clipped * 12.92 if clipped <= 0.0031308 else 1.055 * clipped ** (1 / 2.4) - 0.055
    return round(value * 255)


def _oklab(colour: Colour) -> tuple[float, float, float]:
    red, green, blue = (_linear(channel) for channel in (colour.red, colour.green, colour.blue))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _from_oklab(lightness: float, green_red: float, blue_yellow: float) -> Colour:
    long = (lightness + 0.3963377774 * green_red + 0.2158037573 * blue_yellow) ** 3
    medium = (lightness - 0.1055613458 * green_red - 0.0638541728 * blue_yellow) ** 3
    short = (lightness - 0.0894841775 * green_red - 1.2914855480 * blue_yellow) ** 3
    return Colour(
        red=_companded(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        green=_companded(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        blue=_companded(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )
