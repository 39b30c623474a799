"""Settings that are ours and not AWS's: a list of allowed keys, each with its type, default, help and check.

They live in a second document beside the AWS-shaped one, so that an AWS Update call can never touch them.
"""

import copy
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.core.kernel.errors import InvalidParameter

BrandingCheck = Callable[[Mapping[str, object]], None]
"""Raises ``ValueError`` whose text names every mistake. It comes from outside: branding stands above the records."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_BRANDING = "branding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """One key as documented. ``read`` turns what was typed or sent into the stored value, or raises ``ValueError``."""

    name: str
    type: str
    default: str
    help: str
    read: Callable[[object], object]


class ExtensionInvalid(InvalidParameter):
    """A key that does not exist, or a value that does not fit it."""


def a_flag(value: object) -> bool:
    """``true`` or ``false``, as JSON or typed."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false", "yes", "no", "on", "off", "1", "0"}:
        return value.lower() in {"true", "yes", "on", "1"}
    raise ValueError("must be true or false")


def whole_number(low: int, high: int) -> Callable[[object], int]:
    """A whole number within bounds, as JSON or typed."""

    def read(value: object) -> int:
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return read


def one_of(*names: str) -> Callable[[object], str]:
    """One of the names, written exactly so."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in names:
            raise ValueError(f"must be {', '.join(names[:-1])} or {names[-1]}")
        return value

    return read


def a_host(value: object) -> str:
    """A host name such as ``example.com``, without scheme, port or path."""
    if not isinstance(value, str) or len(value) > 253 or not _HOST.fullmatch(value.lower()):
        raise ValueError("must be a host name such as example.com")
    return value.lower()


def a_language(value: object) -> str:
    """A language tag such as ``de`` or ``pt-BR``."""
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        raise ValueError("must be a language tag such as en or pt-BR")
    return value


def changed(
    schema: tuple[Extension, ...],
    document: Mapping[str, Any],
    key: str,
    value: object | None,
    check_branding: BrandingCheck,
) -> dict[str, Any]:
    """The document with one key set, or removed where ``value`` is None or empty. Raises ``ExtensionInvalid``.

    ``theme`` is short for ``branding.theme``; ``branding.links.help`` and ``branding.texts.en.sign_in.title`` reach inside.
    """
    after = copy.deepcopy(dict(document))
    key = "branding.theme" if key == "theme" else key
    if key == _BRANDING or key.startswith(_BRANDING + "."):
        _change_branding(after, key, value)
        return completed(schema, after, check_branding)
    if value is None or value == "":
        _get(schema, key)
        after.pop(key, None)
    else:
        after[key] = value
    return completed(schema, after, check_branding)


def completed(
    schema: tuple[Extension, ...], document: Mapping[str, Any], check_branding: BrandingCheck
) -> dict[str, Any]:
    """The whole document, each value read by its key. Raises ``ExtensionInvalid`` with every mistake."""
    mistakes: list[str] = []
    result: dict[str, Any] = {}
    for key, value in document.items():
        try:
            if key == _BRANDING:
                result[key] = _a_branding(value, check_branding)
            else:
                result[key] = _get(schema, key).read(value)
        except ExtensionInvalid as unknown:
            mistakes.append(unknown.text)
        except ValueError as error:
            mistakes.append(f"{error}" if key == _BRANDING else f"{key} {error}.")
    if mistakes:
        raise ExtensionInvalid(" ".join(mistakes))
    return result


def _get(schema: tuple[Extension, ...], key: str) -> Extension:
    for extension in schema:
        if extension.name == key and "." not in key and key != "theme":
            return extension
    known = ", ".join(extension.name for extension in schema)
    raise ExtensionInvalid(f"{key} is not a setting of ours; there are {known}.")


def _a_branding(value: object, check_branding: BrandingCheck) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("branding must be a JSON object.")  # noqa: TRY004 - one kind of refusal for all values
    try:
        check_branding(value)
    except ValueError as error:
        raise ValueError(f"branding: {error}") from error
    return dict(value)


def _change_branding(document: dict[str, Any], key: str, value: object | None) -> None:
    """Sets or removes one place inside ``branding``; parents that became empty leave with it."""
    path = key.split(".", 3)  # The keys of texts hold dots themselves: branding.texts.en.sign_in.title.
    if path[-1] == "" or (len(path) == 4 and path[1] != "texts"):
        raise ExtensionInvalid(f"{key} is not a place in branding.")
    node, parents = document, []
    for part in path[:-1]:
        child = node.setdefault(part, {})
        if not isinstance(child, dict):
            raise ExtensionInvalid(f"{key} is not a place in branding.")
        parents.append((node, part))
        node = child
    if value is None or value == "":
        node.pop(path[-1], None)
    else:
        node[path[-1]] = _typed(value)
    for parent, part in reversed(parents):
        if not parent[part]:
            del parent[part]


def _typed(value: object) -> object:
    """Numbers and JSON objects may be typed as text; everything else stays the text it is."""
    if isinstance(value, str) and (value.isdecimal() or value.startswith("{")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
