"""The template engine of the pages: autoescaping that cannot be switched off, and a sandbox around every template."""

from collections.abc import Callable, Sequence
from pathlib import Path

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound, TemplateSyntaxError
from jinja2.loaders import split_template_path
from jinja2.sandbox import ImmutableSandboxedEnvironment

# Filters that hand markup through unescaped, or that reach for objects by a computed name.
_REFUSED_FILTERS = ("safe", "attr", "map", "xmlattr", "pprint")


def html_environment(directories: Sequence[tuple[str, Path]]) -> Environment:
    """Templates of pages and of the HTML part of mails.

    A theme is files of the operator, yet it may come from a designer whom nobody reviews as code: templates run in
    Jinja's sandbox, everything is escaped, `safe` and `{% autoescape %}` do not exist, and a misspelt name is an
    error instead of an empty place.
    """
    environment = ImmutableSandboxedEnvironment(
        loader=_LineageLoader(directories, lambda name: name.endswith(".html")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        keep_trailing_newline=True,
    )
    _harden(environment)
    return environment


def text_environment(directories: Sequence[tuple[str, Path]]) -> Environment:
    """Templates of the text part of mails. A separate engine, so that no page can include an unescaped template."""
    environment = ImmutableSandboxedEnvironment(
        loader=_LineageLoader(directories, lambda name: name.startswith("mail/") and name.endswith(".txt")),
        autoescape=False,  # noqa: S701 - text/plain has nothing to escape; it never becomes part of a page.
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        keep_trailing_newline=True,
    )
    _harden(environment)
    return environment


def _harden(environment: Environment) -> None:
    for name in _REFUSED_FILTERS:
        environment.filters.pop(name, None)
    # lipsum answers Markup and is of no use on a page; range is left, the sandbox limits it.
    for name in ("lipsum", "cycler", "joiner", "namespace"):
        environment.globals.pop(name, None)


class _LineageLoader(BaseLoader):
    """Finds a template in a theme or else in its parents; `@default/layout.html` means that theme's own file."""

    def __init__(self, directories: Sequence[tuple[str, Path]], allows: Callable[[str], bool]) -> None:
        self._directories = tuple(directories)
        self._allows = allows

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        name, directories = template, self._directories
        if template.startswith("@"):
            theme, _, name = template[1:].partition("/")
            directories = tuple(pair for pair in directories if pair[0] == theme)
        if not self._allows(name):
            raise TemplateNotFound(template)
        # Raises TemplateNotFound for parts such as "..".
        parts = split_template_path(name)
        for _, directory in directories:
            path = directory.joinpath(*parts)
            if path.is_file():
                source = path.read_text(encoding="utf-8")
                _check_escaping(environment, source, template)
                return source, str(path), lambda: True
        raise TemplateNotFound(template)


def _check_escaping(environment: Environment, source: str, template: str) -> None:
    """Refuses a template that would switch escaping off for a part of itself."""
    previous = ""
    for line, token, value in environment.lex(source):
        if token == "whitespace":
            continue
        if previous == "block_begin" and token == "name" and value == "autoescape":
            raise TemplateSyntaxError("a theme cannot change escaping", line, template)
        previous = token
