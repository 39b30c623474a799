"""Stylesheets of the classic hosted pages: read with a CSS parser, refused outside Cognito's list, written anew for our theme.

Nothing is copied from what was sent: selectors come from a table, and values are put together from tokens of known kinds, so
that no stylesheet can load, cover, hide or read anything of a page.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import tinycss2

from app.core.kernel.errors import InvalidParameter

_TARGETS: Mapping[str, str] = MappingProxyType(
    {
        "background-customizable": ".card",
        "banner-customizable": ".brand",
        "errorMessage-customizable": ".message-error",
        "idpButton-customizable": ".providers .button",
        "idpDescription-customizable": ".divider",
        "inputField-customizable": ".field input",
        "label-customizable": ".field label",
        "legalText-customizable": ".footer-note",
        "logo-customizable": ".brand-logo",
        "passwordCheck-notValid-customizable": ".rules li:not(.met)",
        "passwordCheck-valid-customizable": ".rules .met",
        "redirect-customizable": ".elsewhere",
        "socialButton-customizable": ".providers .button",
        "submitButton-customizable": '.button[type="submit"]:not(.button-quiet)',
        "textDescription-customizable": ".lead",
    }
)
"""Cognito's classes, and what they are in the default theme."""

_STATES: Mapping[str, str] = MappingProxyType(
    {
        "idpButton-customizable": "hover",
        "inputField-customizable": "focus",
        "socialButton-customizable": "hover",
        "submitButton-customizable": "hover",
    }
)
_SIDES = ("", "-top", "-right", "-bottom", "-left")
_COLOURS = frozenset(
    {"color", "background", "background-color", "border-color", "box-shadow", "border", "outline-color"}
    | {f"border{side}{part}" for side in _SIDES[1:] for part in ("", "-color")}
)
"""Classic styles know no dark mode: what may hold a colour applies in light mode only, else it would meet our light text."""
_PROPERTIES = _COLOURS | frozenset(
    {f"{name}{side}" for name in ("margin", "padding") for side in _SIDES}
    | {f"border{side}{part}" for side in _SIDES for part in ("-width", "-style")}
    | {f"border-{place}-radius" for place in ("top-left", "top-right", "bottom-left", "bottom-right")}
    | {f"{bound}{name}" for bound in ("", "min-", "max-") for name in ("width", "height")}
    | {"border-radius", "display", "outline", "text-align", "text-decoration", "text-transform", "line-height"}
    | {"letter-spacing", "font-family", "font-size", "font-style", "font-weight", "font-variant", "vertical-align"}
)
_NOT_APPLIED = frozenset({"outline", "outline-color"})
"""Accepted, because Cognito's own template has them, and left out: the focus ring stays visible."""
_DISPLAYS = frozenset({"block", "inline", "inline-block"})
_UNITS = frozenset({"px", "em", "rem", "pt", "vh", "vw", "ch", "ex", "cm", "mm", "in", "pc"})
_COLOUR_FUNCTIONS = frozenset({"rgb", "rgba", "hsl", "hsla"})
_WORD = re.compile(r"[A-Za-z-]{1,40}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{3,4}){1,2}")
_FAMILY = re.compile(r"[A-Za-z0-9 ._-]{1,60}")
_LOGO_ALONE = (
    ":root:root .brand picture { display: flex; align-items: center; justify-content: center; inline-size: 100%; }\n"
    ":root:root .brand picture + .brand-name { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; "
    "clip-path: inset(50%); white-space: nowrap; }\n"
)
_LARGEST = 4000
_MOST_RULES, _MOST_DECLARATIONS = 200, 1000
"""Each declaration is written with all selectors of its rule: what is small here must not grow large on every page."""

_MOST_WORDS = 64
"""Of one value: many times what any property needs, so that neither reading nor serving it takes long."""


class CssRefused(InvalidParameter):
    """Cognito: SetUICustomization, InvalidParameterException."""


def classic_stylesheet(css: str, *, has_logo: bool = False) -> str:
    """The stylesheet of our theme that the given one asks for. Raises ``CssRefused``.

    On the classic pages a logo stands alone in the middle of its banner: the name is left to who does not see.
    """
    always: list[str] = [_LOGO_ALONE] if has_logo else []
    light: list[str] = []
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    if len(rules) > _MOST_RULES:
        raise CssRefused(f"CSS holds more than {_MOST_RULES} rules.")
    for rule in rules:
        if rule.type == "at-rule":
            raise CssRefused(f"CSS must not hold @{_shown(rule.at_keyword)}.")
        if rule.type != "qualified-rule":
            raise CssRefused("CSS cannot be read.")
        selectors = ", ".join(dict.fromkeys(_selectors(rule.prelude)))
        for property_name, declaration in _declarations(rule.content):
            if len(always) + len(light) >= _MOST_DECLARATIONS:
                raise CssRefused(f"CSS holds more than {_MOST_DECLARATIONS} declarations.")
            if property_name in _NOT_APPLIED:
                continue
            (light if property_name in _COLOURS else always).append(f"{selectors} {{ {declaration} }}\n")
    if light:
        always += ["@media (prefers-color-scheme: light) {\n", *light, "}\n"]
    return "".join(always)


def _selectors(prelude: Sequence[Any]) -> Iterable[str]:
    """Each is one of the list's classes, with its one state where it has one."""
    current: list[Any] = []
    for token in [*prelude, None]:
        if token is None or token == ",":
            yield _selector([part for part in current if part.type != "comment"])
            current = []
        else:
            current.append(token)


def _selector(tokens: list[Any]) -> str:
    while tokens and tokens[0].type == "whitespace":
        tokens = tokens[1:]
    while tokens and tokens[-1].type == "whitespace":
        tokens = tokens[:-1]
    kinds = [token.value if token.type == "literal" else token.type for token in tokens]
    if kinds not in ([".", "ident"], [".", "ident", ":", "ident"]):
        raise CssRefused("CSS holds a selector that is none of the customizable classes.")
    name = tokens[1].value
    target = _TARGETS.get(name)
    if target is None:
        raise CssRefused(f"CSS class {_shown(name)} is not customizable.")
    state = tokens[3].value if len(tokens) > 2 else None
    if state is not None and _STATES.get(name) != state:
        raise CssRefused(f"CSS class {name} has no state {_shown(state)}.")
    # Twice the root: the theme's own rules must not outweigh it.
    return f":root:root {target}{':' + state if state else ''}"


def _declarations(content: Sequence[Any]) -> Iterable[tuple[str, str]]:
    for item in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if item.type != "declaration":
            raise CssRefused("CSS cannot be read.")
        name = item.lower_name
        if name not in _PROPERTIES:
            raise CssRefused(f"CSS property {_shown(name)} is not customizable.")
        words = [token for token in item.value if token.type not in {"whitespace", "comment"}]
        if len(words) > _MOST_WORDS:
            raise CssRefused(f"CSS property {name} has a value of more than {_MOST_WORDS} words.")
        shown = {getattr(word, "lower_value", "") for word in words}
        if not words or (name == "display" and not shown <= _DISPLAYS):
            raise CssRefused(f"CSS property {name} has a value that is not allowed.")
        value = _value(name, words)
        yield name, f"{name}: {value}{' !important' if item.important else ''};"


def _value(name: str, tokens: Sequence[Any]) -> str:
    text = " ".join(_word(name, token) for token in tokens)
    return text.replace(" ,", ",").replace(" / ", "/")


def _word(name: str, token: Any) -> str:
    kind = token.type
    refused = CssRefused(f"CSS property {name} has a value that is not allowed.")
    if kind == "ident" and _WORD.fullmatch(token.value):
        return str(token.value)
    if kind == "hash" and _HEX.fullmatch(token.value):
        return f"#{token.value}"
    if kind in {"number", "percentage", "dimension"}:
        unit = {"number": "", "percentage": "%"}.get(kind) or getattr(token, "lower_unit", "")
        if not 0 <= token.value <= _LARGEST or (kind == "dimension" and unit not in _UNITS):
            raise refused
        return f"{token.value:g}{unit}"
    if kind == "string" and name == "font-family" and _FAMILY.fullmatch(token.value):
        return f'"{token.value}"'
    if kind == "literal" and token.value in {",", "/"}:
        return str(token.value)
    if kind == "function" and token.lower_name in _COLOUR_FUNCTIONS:
        parts = [part for part in token.arguments if part.type not in {"whitespace", "comment"}]
        if len(parts) <= _MOST_WORDS and all(
            part.type in {"number", "percentage"} or part in (",", "/") for part in parts
        ):
            return f"{token.lower_name}({_value(name, parts)})"
    raise refused


def _shown(name: str) -> str:
    """A name of the caller's, short and plain enough for a sentence."""
    return re.sub(r"[^\w-]", "?", name, flags=re.ASCII)[:40]
