"""Themes on disk: which there are, what they inherit, their sentences and their static files."""

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from app.web.catalogue import (
    FALLBACK_LANGUAGE,
    Catalogue,
    Sentence,
    direction,
    pseudo_catalogue,
    read_catalogue,
)

# What a theme may serve. SVG documents are missing on purpose: opened by themselves they can carry script; as part
# of a template, where the page's CSP holds, SVG is welcome.
CONTENT_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".woff2": "font/woff2",
        ".png": "image/png",
        ".jpg": "image/jpeg",
        ".jpeg": "image/jpeg",
        ".webp": "image/webp",
        ".avif": "image/avif",
        ".ico": "image/vnd.microsoft.icon",
        ".txt": "text/plain; charset=utf-8",
    }
)

_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_KNOWN = frozenset({"name", "version", "parent", "stylesheets", "scripts"})
_DEEPEST = 8


class ThemeInvalid(ValueError):  # noqa: N818
    """A theme's folder cannot be used; the sentence names the theme and the mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A static file of a theme."""

    content: bytes = field(repr=False)
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A theme completed by everything it inherits.

    `template_directories` are searched in order, its own first. `digest` covers every static file, so that files may
    name each other by relative addresses and still be cached for good: any change of any of them is a new address.
    """

    name: str
    version: str
    parents: tuple[str, ...]
    stylesheets: tuple[str, ...]
    scripts: tuple[str, ...]
    template_directories: tuple[tuple[str, Path], ...]
    assets: Mapping[str, Asset]
    digest: str
    catalogues: Mapping[str, Catalogue]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    """A theme as it lies on disk, before inheritance."""

    name: str
    path: Path
    version: str
    parent: str | None
    stylesheets: tuple[str, ...]
    scripts: tuple[str, ...]


def load_themes(directories: Sequence[Path], *, pseudo_locale: bool = False) -> Mapping[str, Theme]:
    """Every theme below the directories by name; a later directory may replace a theme of an earlier one.

    Raises ThemeInvalid for a manifest that cannot be read, an unknown parent, or parents that go round in a circle.
    """
    folders: dict[str, _Folder] = {}
    for directory in directories:
        for manifest in sorted(directory.glob("*/theme.toml")):
            folder = _read_folder(manifest)
            folders[folder.name] = folder
    if not folders:
        raise ThemeInvalid(f"no theme found below {', '.join(str(directory) for directory in directories)}")
    return MappingProxyType(
        {name: _completed(_lineage(name, folders), pseudo_locale=pseudo_locale) for name in sorted(folders)}
    )


def _read_folder(manifest: Path) -> _Folder:
    name = manifest.parent.name
    try:
        document = tomllib.loads(manifest.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ThemeInvalid(f"theme {name}: theme.toml cannot be read: {error}") from None
    if unknown := sorted(set(document) - _KNOWN):
        raise ThemeInvalid(f"theme {name}: theme.toml does not know {', '.join(unknown)}")
    if not _NAME.fullmatch(name) or document.get("name") != name:
        raise ThemeInvalid(f"theme {name}: theme.toml must say name = {name!r}, the folder's name in small letters")
    parent = document.get("parent")
    return _Folder(
        name=name,
        path=manifest.parent,
        version=str(document.get("version", "0")),
        parent=None if parent is None else str(parent),
        stylesheets=tuple(str(path) for path in document.get("stylesheets", ())),
        scripts=tuple(str(path) for path in document.get("scripts", ())),
    )


def _lineage(name: str, folders: Mapping[str, _Folder]) -> tuple[_Folder, ...]:
    """The theme, its parent, its parent's parent and so on."""
    lineage = [folders[name]]
    while (parent := lineage[-1].parent) is not None:
        if parent not in folders:
            raise ThemeInvalid(f"theme {lineage[-1].name}: its parent {parent!r} is not installed")
        if parent in {folder.name for folder in lineage} or len(lineage) == _DEEPEST:
            raise ThemeInvalid(f"theme {name}: its parents go round in a circle or too deep")
        lineage.append(folders[parent])
    return tuple(lineage)


def _completed(lineage: tuple[_Folder, ...], *, pseudo_locale: bool) -> Theme:
    own = lineage[0]
    oldest_first = tuple(reversed(lineage))
    assets: dict[str, Asset] = {}
    for folder in oldest_first:
        assets.update(_read_assets(folder))
    stylesheets = tuple(dict.fromkeys(path for folder in oldest_first for path in folder.stylesheets))
    scripts = tuple(dict.fromkeys(path for folder in oldest_first for path in folder.scripts))
    if missing := [path for path in (*stylesheets, *scripts) if path not in assets]:
        raise ThemeInvalid(f"theme {own.name}: static/ has no {', '.join(missing)}")
    return Theme(
        name=own.name,
        version=own.version,
        parents=tuple(folder.name for folder in lineage[1:]),
        stylesheets=stylesheets,
        scripts=scripts,
        template_directories=tuple((folder.name, folder.path / "templates") for folder in lineage),
        assets=MappingProxyType(assets),
        digest=_digest(assets),
        catalogues=_catalogues(own.name, oldest_first, pseudo_locale=pseudo_locale),
    )


def _read_assets(folder: _Folder) -> dict[str, Asset]:
    """The theme's static files by the path below `static/`. Read once and served from memory, so that no address
    from outside ever becomes a path on disk.
    """
    root = folder.path / "static"
    assets: dict[str, Asset] = {}
    for path in sorted(root.rglob("*")):
        if not path.is_file() or path.name.startswith("."):
            continue
        content_type = CONTENT_TYPES.get(path.suffix.lower())
        if content_type is None:
            raise ThemeInvalid(f"theme {folder.name}: static/ may not hold files such as {path.name}")
        if not path.resolve().is_relative_to(root.resolve()):
            raise ThemeInvalid(f"theme {folder.name}: {path.name} points out of static/")
        assets[path.relative_to(root).as_posix()] = Asset(content=path.read_bytes(), content_type=content_type)
    return assets


def _digest(assets: Mapping[str, Asset]) -> str:
    digest = hashlib.sha256()
    for path in sorted(assets):
        digest.update(path.encode() + b"\0" + hashlib.sha256(assets[path].content).digest())
    return digest.hexdigest()[:12]


def _catalogues(name: str, oldest_first: tuple[_Folder, ...], *, pseudo_locale: bool) -> Mapping[str, Catalogue]:
    """The sentences by language: a child's over its parent's, and English where a language lacks one."""
    sentences: dict[str, dict[str, Sentence]] = {}
    languages: dict[str, dict[str, str]] = {}
    for folder in oldest_first:
        for path in sorted((folder.path / "messages").glob("*.toml")):
            try:
                found, language = read_catalogue(path)
            except ValueError as error:  # TOMLDecodeError is one
                raise ThemeInvalid(f"theme {folder.name}: messages/{path.name}: {error}") from None
            sentences.setdefault(path.stem, {}).update(found)
            languages.setdefault(path.stem, {}).update(language)
    if FALLBACK_LANGUAGE not in sentences:
        raise ThemeInvalid(f"theme {name}: neither it nor a parent has messages/{FALLBACK_LANGUAGE}.toml")
    fallback = sentences[FALLBACK_LANGUAGE]
    ordered = [FALLBACK_LANGUAGE, *sorted(set(sentences) - {FALLBACK_LANGUAGE})]
    catalogues = {
        code: Catalogue(
            lang=code,
            name=languages[code].get("name", code),
            dir=direction(languages[code].get("dir")),
            sentences=MappingProxyType({**fallback, **sentences[code]}),
        )
        for code in ordered
    }
    if pseudo_locale:
        pseudo = pseudo_catalogue(catalogues[FALLBACK_LANGUAGE])
        catalogues[pseudo.lang] = pseudo
    return MappingProxyType(catalogues)
