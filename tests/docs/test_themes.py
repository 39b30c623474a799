"""Every theme draws every page, in every language, safely."""

import gzip
import re
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import TemplateError, TemplateNotFound, UndefinedError
from jinja2.exceptions import SecurityError

from app.web.catalogue import MessageMissing, plural_category, read_catalogue
from app.web.context_parts import FormErrors
from app.web.contexts import PAGES, MailEnvelope
from app.web.contexts_reference import contexts_reference
from app.web.page_samples import sample_mails, sample_pages
from app.web.page_themes import ThemeInvalid
from app.web.pages import Pages, shipped_themes

ROOT = Path(__file__).resolve().parents[2]
THEMES = shipped_themes()
PAGES_OF_ALL = Pages([THEMES], pseudo_locale=True)
NAMES = sorted(PAGES_OF_ALL.theme_names)
LANGUAGES = ["en", "de", "qps"]
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}{brand}${x}"


class Elements(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def named(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def every_page():
    return [
        pytest.param(theme, lang, name, id=f"{theme}-{lang}-{name}")
        for theme in NAMES
        for lang in LANGUAGES
        for name in sample_pages(PAGES_OF_ALL, theme, lang)
    ]


def rendered(theme, lang, name):
    return PAGES_OF_ALL.render(theme, sample_pages(PAGES_OF_ALL, theme, lang)[name])


def poisoned(value):
    """The value with hostile text in every place that text can stand, at any depth."""
    if isinstance(value, str):
        return HOSTILE
    if isinstance(value, tuple):
        return tuple(poisoned(part) for part in value)
    if is_dataclass(value):
        kept = {"lang", "dir", "kind", "identifier", "reason", "purpose", "type", "n", "texts", "name"}
        changes = {
            part.name: poisoned(getattr(value, part.name))
            for part in fields(value)
            if part.name not in kept
            or (part.name == "name" and type(value).__name__ not in {"AttributeField", "AccountContact"})
        }
        return replace(value, **changes)
    if hasattr(value, "items"):
        return {key: poisoned(part) for key, part in value.items()}
    return value


@pytest.mark.parametrize(("theme", "lang", "name"), every_page())
def test_a_page_is_one_document_with_one_heading_and_unique_ids(theme, lang, name):
    elements = Elements(rendered(theme, lang, name))
    assert elements.named("html") == [{"lang": lang, "dir": "ltr"}]
    assert len(elements.named("h1")) == len(elements.named("main")) == 1
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in elements.found:
        assert set((attributes.get("aria-describedby") or "").split()) <= set(ids)


@pytest.mark.parametrize(("theme", "lang", "name"), every_page())
def test_a_page_has_nothing_inline_and_asks_nobody_else(theme, lang, name):
    elements = Elements(rendered(theme, lang, name))
    for tag, attributes in elements.found:
        assert "style" not in attributes, tag
        assert not [one for one in attributes if one.startswith("on")], tag
        assert tag not in {"style", "base", "iframe", "object", "embed"}
        if tag in {"link", "script", "img", "source"}:
            places = [attributes[place] for place in ("src", "href", "srcset") if place in attributes]
            assert places, "a script without src is inline"
            assert all(place.startswith("/") and not place.startswith("//") for place in places)


@pytest.mark.parametrize(("theme", "lang", "name"), every_page())
def test_every_field_has_a_label_and_every_form_a_token(theme, lang, name):
    elements = Elements(rendered(theme, lang, name))
    labelled = {attributes["for"] for attributes in elements.named("label")}
    for attributes in elements.named("input"):
        assert "maxlength" not in attributes
        if attributes["type"] != "hidden" and "aria-hidden" not in attributes:
            assert attributes["id"] in labelled
            assert attributes["autocomplete"]
    assert not [one for one in elements.named("input") if one["type"] == "password" and "value" in one]
    assert {attributes["method"] for attributes in elements.named("form")} <= {"post"}
    tokens = [one for one in elements.named("input") if one["name"] == "csrf_token"]
    # The answer to an application goes to another origin, and must bring nothing of ours along.
    assert len(tokens) == (0 if name == "form-post" else len(elements.named("form")))


@pytest.mark.parametrize(("theme", "lang", "name"), every_page())
def test_an_error_is_announced_in_title_summary_and_field(theme, lang, name):
    html = rendered(theme, lang, name)
    page = sample_pages(PAGES_OF_ALL, theme, lang)[name]
    elements = Elements(html)
    invalid = {one["name"] for one in elements.named("input") if one.get("aria-invalid") == "true"}
    alerts = [attributes for _, attributes in elements.found if attributes.get("role") == "alert"]
    in_title = f"<title>{PAGES_OF_ALL.sentence(theme, lang, 'frame.error_prefix')}" in html
    if page.error is None:
        assert (alerts, invalid, in_title) == ([], set(), False)
    else:
        assert [one["tabindex"] for one in alerts] == ["-1"]
        assert (invalid, in_title) == (set(page.error.fields), True)


ACTIONS = {
    "sign-in": ["sign_in"],
    "sign-up": ["sign_up"],
    "confirm": ["confirm", "resend"],
    "resend-code": ["resend"],
    "forgot-password": ["send_code"],
    "reset-password": ["reset_password", "send_code"],
    "change-password": ["reset_password"],
    "confirm-link": ["confirm"],
    "sign-out": ["sign_out"],
}
FIELDS = {
    "sign-in": ["username", "password"],
    "sign-up": ["username", "given_name", "phone_number", "custom:berth", "password"],
    "confirm": ["username", "code", "username"],
    "resend-code": ["username"],
    "forgot-password": ["username"],
    "reset-password": ["username", "code", "new_password", "confirm_password", "username"],
    "change-password": ["username", "family_name", "new_password", "confirm_password"],
    "confirm-link": [],
    "sign-out": [],
}


@pytest.mark.parametrize("theme", NAMES)
@pytest.mark.parametrize("name", ACTIONS)
def test_fields_and_actions_have_the_names_of_the_contract(theme, name):
    elements = Elements(rendered(theme, "en", name))
    buttons = [one for one in elements.named("button") if one.get("type") == "submit"]
    assert [one["value"] for one in buttons] == ACTIONS[name]
    assert {one["name"] for one in buttons} == {"action"}
    assert [one["name"] for one in elements.named("input") if one["name"] != "csrf_token"] == FIELDS[name]


@pytest.mark.parametrize(
    ("name", "field", "autocomplete", "inputmode"),
    [
        ("sign-in", "username", "username", "email"),
        ("sign-in-notice", "username", "username", "tel"),
        ("sign-in", "password", "current-password", None),
        ("sign-up", "password", "new-password", None),
        ("sign-up", "phone_number", "tel", "tel"),
        ("confirm", "code", "one-time-code", "numeric"),
        ("reset-password", "code", "one-time-code", "numeric"),
        ("reset-password", "username", "username", None),
        ("reset-password", "new_password", "new-password", None),
        ("reset-password", "confirm_password", "new-password", None),
        ("change-password", "username", "username", None),
    ],
)
def test_password_managers_and_keyboards_are_told_what_a_field_is(name, field, autocomplete, inputmode):
    found = next(one for one in Elements(rendered("default", "en", name)).named("input") if one["name"] == field)
    assert found["autocomplete"] == autocomplete
    assert found.get("inputmode") == inputmode


@pytest.mark.parametrize("theme", NAMES)
@pytest.mark.parametrize("name", sample_pages(PAGES_OF_ALL, "default", "en"))
def test_hostile_text_in_any_field_stays_text(theme, name):
    page = poisoned(sample_pages(PAGES_OF_ALL, theme, "en")[name])
    html = PAGES_OF_ALL.render(theme, replace(page, error=FormErrors(summary=HOSTILE), title=HOSTILE, notice=HOSTILE))
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "49" not in re.sub(r"/assets/\S+", "", html), "text is never rendered a second time"
    assert not [attributes for _, attributes in Elements(html).found if "onerror" in attributes]


def test_hostile_sentences_of_a_branding_stay_text():
    page = sample_pages(PAGES_OF_ALL, "default", "en")["sign-in"]
    brand = replace(page.brand, texts={"sign_in.title": "<script>alert(1)</script>{brand}", "frame.note": "<b>x</b>"})
    html = PAGES_OF_ALL.render("default", replace(page, brand=brand))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;Tidewater" in html
    assert "<b>" not in html


@pytest.mark.parametrize("theme", NAMES)
@pytest.mark.parametrize("name", ["mail-code", "mail-link", "mail-account-exists"])
def test_both_parts_of_a_mail_are_drawn_and_safe(theme, name):
    envelope = sample_mails(PAGES_OF_ALL, theme, "en")[name]
    mail = PAGES_OF_ALL.render_mail(theme, envelope)
    for paragraph in envelope.paragraphs:
        assert paragraph in mail.text
    hostile = PAGES_OF_ALL.render_mail(theme, poisoned(envelope))
    assert "<script>" not in hostile.html
    assert "src=" not in mail.html, "a mail loads nothing"


def test_the_code_stands_alone_and_the_last_line_is_bound_to_the_domain():
    lines = PAGES_OF_ALL.render_mail(
        "default", sample_mails(PAGES_OF_ALL, "default", "en")["mail-code"]
    ).text.splitlines()
    assert "418207" in lines
    assert lines[-1] == "@auth.example.com #418207"


def test_text_parts_are_not_escaped():
    envelope = MailEnvelope(
        lang="en",
        brand=sample_pages(PAGES_OF_ALL, "default", "en")["sign-in"].brand,
        subject="A & B",
        paragraphs=("'<'",),
    )
    text = PAGES_OF_ALL.render_mail("default", envelope).text
    assert "A & B" in text
    assert "'<'" in text


@pytest.mark.parametrize("lang", ["de"])
def test_catalogues_say_the_same_things(lang):
    english, _ = read_catalogue(THEMES / "default/messages/en.toml")
    other, language = read_catalogue(THEMES / f"default/messages/{lang}.toml")
    assert set(other) == set(english)
    assert language["name"]
    catalogues = {one.lang: one for one in PAGES_OF_ALL.languages("default")}
    for key in english:
        assert catalogues[lang].placeholders(key) == catalogues["en"].placeholders(key), key
        assert isinstance(english[key], str) == isinstance(other[key], str), key


@pytest.mark.parametrize(
    "path", [pytest.param(p, id=f"{p.parts[-3]}-{p.stem}") for p in THEMES.glob("*/messages/*.toml")]
)
def test_a_theme_only_says_what_the_default_theme_knows(path):
    english, _ = read_catalogue(THEMES / "default/messages/en.toml")
    assert set(read_catalogue(path)[0]) <= set(english)


def test_every_sentence_a_template_asks_for_exists():
    english, _ = read_catalogue(THEMES / "default/messages/en.toml")
    for template in THEMES.glob("*/templates/**/*.html"):
        for key in re.findall(r"""\bt\(["']([a-z_.]+)["']\s*[,)]""", template.read_text(encoding="utf-8")):
            assert key in english or key in {"frame.note", "username.label"}, (template.name, key)


def test_a_missing_sentence_or_parameter_is_an_error():
    for key, params in (("no.such", {}), ("sign_in.lead", {}), ("error.password_too_short", {})):
        with pytest.raises(MessageMissing):
            PAGES_OF_ALL.sentence("default", "en", key, **params)


@pytest.mark.parametrize(
    ("lang", "n", "category"),
    [
        ("en", 1, "one"),
        ("en", 0, "other"),
        ("de", 2, "other"),
        ("fr", 0, "one"),
        ("ja", 1, "other"),
        ("ru", 21, "one"),
        ("ru", 12, "many"),
        ("pl", 22, "few"),
        ("pl", 21, "many"),
        ("cs", 3, "few"),
        ("ar", 0, "zero"),
        ("ar", 11, "many"),
        ("ar", 103, "few"),
        ("xx", 1, "one"),
    ],
)
def test_plurals_follow_the_language(lang, n, category):
    assert plural_category(lang, n) == category


def test_no_page_can_hold_a_secret():
    for page in PAGES:
        for part in fields(page):
            assert part.name not in {"password", "code", "token", "session", "secret"}


@pytest.mark.parametrize("theme", NAMES)
def test_a_first_view_is_small(theme):
    names = [*re.findall(r'(?:href|src)="/assets/[^/]+/[^/]+/([^"]+)"', rendered(theme, "de", "sign-up-refused"))]
    contents = [
        PAGES_OF_ALL.find_asset(theme, PAGES_OF_ALL.asset_url(theme, name).split("/")[3], name)[0]
        for name in set(names)
    ]
    html = rendered(theme, "de", "sign-up-refused").encode()
    total = sum(len(gzip.compress(content)) for content in [html, *contents])
    assert total <= 50 * 1024
    assert len(contents) + 1 <= 10


@pytest.mark.parametrize(
    "path",
    [
        "../theme.toml",
        "..%2ftheme.toml",
        "/etc/passwd",
        "",
        ".",
        "fonts",
        "fonts/../pages.css",
        "pages.css\0",
        "PAGES.CSS",
        "static/pages.css",
    ],
)
def test_nothing_outside_the_static_files_is_served(path):
    digest = PAGES_OF_ALL.asset_url("default", "pages.css").split("/")[3]
    assert PAGES_OF_ALL.find_asset("default", digest, "pages.css") is not None
    assert PAGES_OF_ALL.find_asset("default", digest, path) is None
    assert PAGES_OF_ALL.find_asset("../default", digest, "pages.css") is None
    assert PAGES_OF_ALL.find_asset("default", "0" * 12, "pages.css") is None


def a_theme(directory, name="meadow", manifest='parent = "default"', **files):
    folder = directory / name
    folder.mkdir(parents=True)
    (folder / "theme.toml").write_text(f'name = "{name}"\n{manifest}\n', encoding="utf-8")
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
    return directory


def test_a_changed_file_is_a_new_address(tmp_path):
    first = Pages([THEMES, a_theme(tmp_path / "a", **{"static/x.css": "a{}"})]).asset_url("meadow", "pages.css")
    second = Pages([THEMES, a_theme(tmp_path / "b", **{"static/x.css": "b{}"})]).asset_url("meadow", "pages.css")
    assert first != second


@pytest.mark.parametrize(
    "template",
    [
        "{{ brand.name|safe }}",
        "{% autoescape false %}{{ brand.name }}{% endautoescape %}",
        "{%-  autoescape false %}{{ brand.name }}{% endautoescape %}",
        "{{ brand.__class__.__mro__ }}",
        "{{ t.__globals__ }}",
        "{{ asset.__closure__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ nothing_of_that_name }}",
        "{{ brand.password }}",
        "{% include 'mail/envelope.txt' %}",
        "{% include '../theme.toml' %}",
        "{% include '@default/../theme.toml' %}",
        "{% include '/etc/passwd' %}",
        "{{ 'x'|attr('__class__') }}",
        "{{ values.update({'a': 'b'}) }}",
    ],
)
def test_a_theme_cannot_leave_its_sandbox(tmp_path, template):
    pages = Pages([THEMES, a_theme(tmp_path, **{"templates/sign_in.html": template})])
    with pytest.raises((SecurityError, UndefinedError, TemplateError, TemplateNotFound)):
        pages.render("meadow", sample_pages(pages, "meadow", "en")["sign-in"])


def test_a_string_that_a_template_builds_is_escaped(tmp_path):
    template = "{% set x = '<' ~ brand.name ~ '>' %}{{ x }}{{ x.format() }}{{ ('<i>%s</i>')|format(brand.name) }}"
    pages = Pages([THEMES, a_theme(tmp_path, **{"templates/sign_in.html": template})])
    assert "<" not in pages.render("meadow", sample_pages(pages, "meadow", "en")["sign-in"])


@pytest.mark.parametrize(
    ("manifest", "files"),
    [
        ('parent = "nobody"', {}),
        ('parent = "meadow"', {}),
        ('colour = "red"', {}),
        ("name = [", {}),
        ('parent = "default"\nstylesheets = ["missing.css"]', {}),
        ('parent = "default"', {"static/logo.svg": "<svg/>"}),
        ('parent = "default"', {"static/run.html": "x"}),
        ('parent = "default"', {"messages/en.toml": "sign_in = 3"}),
        ('parent = "default"', {"messages/en.toml": "["}),
        ('parent = "default"', {"messages/ar.toml": '[language]\ndir = "up"'}),
        ("", {}),
    ],
)
def test_a_theme_that_cannot_be_used_is_refused_at_start(tmp_path, manifest, files):
    with pytest.raises((ThemeInvalid, ValueError)):
        Pages([THEMES, a_theme(tmp_path, manifest=manifest, **files)])


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    a_theme(tmp_path)
    (tmp_path / "meadow/static").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "meadow/static/a.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(ThemeInvalid):
        Pages([THEMES, tmp_path])


def test_a_right_to_left_language_turns_the_page(tmp_path):
    pages = Pages([THEMES, a_theme(tmp_path, **{"messages/ar.toml": '[language]\nname = "العربية"\ndir = "rtl"'})])
    html = pages.render("meadow", sample_pages(pages, "meadow", "ar")["sign-in"])
    assert Elements(html).named("html")[0]["dir"] == "rtl"
    assert "Forgot your password?" in html, "what a language lacks is said in English"


def test_an_unknown_theme_is_drawn_by_the_default_one():
    page = sample_pages(PAGES_OF_ALL, "default", "en")["sign-in"]
    assert PAGES_OF_ALL.render("gone", page) == PAGES_OF_ALL.render("default", page)


def test_the_stylesheets_use_logical_properties_and_nothing_from_elsewhere():
    for path in THEMES.glob("*/static/*.css"):
        text = path.read_text(encoding="utf-8")
        assert "http" not in text
        assert "@import" not in text
        assert not re.search(
            r"^\s*(?:margin|padding|border)-(?:left|right)|^\s*(?:left|right):|text-align: (?:left|right)",
            text,
            re.MULTILINE,
        )


def test_the_reference_of_contexts_is_not_stale():
    written = (ROOT / "docs/reference/theme-contexts.md").read_text(encoding="utf-8")
    assert written == contexts_reference(), "run python -m app.web.contexts_reference"


def test_the_guide_to_themes_works_as_written(tmp_path):
    import shutil
    import subprocess

    if shutil.which("sh") is None:
        pytest.skip("no shell")
    guide = (ROOT / "docs/guide/themes.md").read_text(encoding="utf-8")
    for block in re.findall(r"```sh\n(.*?)```", guide, re.DOTALL):
        if "page_preview" not in block:
            subprocess.run(["sh", "-e"], input=block, text=True, cwd=tmp_path, check=True)
    pages = Pages([THEMES, tmp_path / "my-themes"])
    samples = sample_pages(pages, "meadow", "en")
    assert "Hello again" in pages.render("meadow", samples["sign-in"])
    assert "meadow.css" in pages.render("meadow", samples["sign-in"])
    assert "stays as green" in pages.render("meadow", samples["signed-out"])
