import base64

import pytest

from app.core.branding import BrandingInvalid, Font, parse_branding

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 24


def data_url(content, media_type="image/png"):
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def problems_of(document, **options):
    with pytest.raises(BrandingInvalid) as refusal:
        parse_branding(document, **options)
    return {problem.path: problem for problem in refusal.value.problems}


def test_an_empty_document_changes_nothing():
    branding = parse_branding({})
    assert branding.accent is None
    assert branding.texts == {}


def test_a_whole_document_is_read():
    branding = parse_branding(
        {
            "theme": "harbour",
            "display_name": " Tidewater ",
            "accent": "#6d28d9",
            "radius": 20,
            "font": "serif",
            "logo": data_url(PNG),
            "links": {"help": "https://app.example/help"},
            "texts": {"pt-BR": {"sign_in.title": "Bem-vindo a {brand}"}},
        },
        themes=frozenset({"default", "harbour"}),
    )
    assert branding.display_name == "Tidewater"
    assert str(branding.accent) == "#6d28d9"
    assert branding.font is Font.SERIF
    assert branding.logo is not None
    assert branding.logo.content == PNG
    assert branding.texts_for("pt-BR")["sign_in.title"] == "Bem-vindo a {brand}"
    assert branding.texts_for("de") == {}


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"colour": "#fff"}, "branding.colour"),
        ({"accent": "teal"}, "branding.accent"),
        ({"accent": 3}, "branding.accent"),
        ({"accent": "#fff;} body{display:none"}, "branding.accent"),
        ({"radius": True}, "branding.radius"),
        ({"radius": 25}, "branding.radius"),
        ({"radius": -1}, "branding.radius"),
        ({"radius": "4px"}, "branding.radius"),
        ({"font": "Comic Sans"}, "branding.font"),
        ({"font": ["serif"]}, "branding.font"),
        ({"theme": "../etc"}, "branding.theme"),
        ({"display_name": "  "}, "branding.display_name"),
        ({"display_name": "x" * 81}, "branding.display_name"),
        ({"display_name": "a\nb"}, "branding.display_name"),
        ({"display_name": "evil\u202eknab"}, "branding.display_name"),
        ({"links": "https://app.example"}, "branding.links"),
        ({"links": {"imprint": "https://app.example"}}, "branding.links.imprint"),
        ({"links": {"help": "javascript:alert(1)"}}, "branding.links.help"),
        ({"links": {"help": "http://app.example"}}, "branding.links.help"),
        ({"links": {"help": 'https://app.example/"onclick="x'}}, "branding.links.help"),
        ({"texts": []}, "branding.texts"),
        ({"texts": {"en": "x"}}, "branding.texts.en"),
        ({"texts": {"../en": {}}}, "branding.texts.../en"),
        (
            {"texts": {"en": {"error.wrong_credentials": "Try again, it was right"}}},
            "branding.texts.en.error.wrong_credentials",
        ),
        ({"texts": {"en": {"sign_in.title": "{csrf_token}"}}}, "branding.texts.en.sign_in.title"),
        ({"texts": {"en": {"sign_in.title": "x" * 301}}}, "branding.texts.en.sign_in.title"),
        ({"logo": "https://app.example/logo.png"}, "branding.logo"),
        ({"logo": data_url(b"<svg onload=x>", "image/svg+xml")}, "branding.logo"),
        ({"logo": data_url(b"<svg onload=x>")}, "branding.logo"),
        ({"logo": data_url(PNG, "image/jpeg")}, "branding.logo"),
        ({"logo": data_url(PNG + b"\0" * 33000)}, "branding.logo"),
        ({"logo": "data:image/png;base64,A"}, "branding.logo"),
    ],
)
def test_a_mistake_is_refused_where_it_stands(document, path):
    assert set(problems_of(document)) == {path}


def test_every_mistake_is_named_at_once():
    found = problems_of({"accent": "teal", "radius": 99, "colour": 1, "font": "x"})
    assert set(found) == {"branding.accent", "branding.radius", "branding.colour", "branding.font"}


def test_a_theme_that_is_not_installed_is_refused():
    assert "harbour" in problems_of({"theme": "meadow"}, themes=frozenset({"harbour"}))["branding.theme"].sentence


@pytest.mark.spec("WCAG 2.2 §1.4.3")
def test_an_accent_under_unreadable_text_is_refused_with_the_nearest_that_passes():
    problem = problems_of({"accent": "#f59e0b"})["branding.accent"]
    assert "2.15:1" in problem.sentence
    assert problem.proposal is not None
    assert parse_branding({"accent": problem.proposal}).accent is not None


@pytest.mark.spec("WCAG 2.2 §1.4.3")
@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"accent": "#6d28d9", "accent_text": "#777777"}, "branding.accent"),
        ({"surface": "#888888", "text": "#999999"}, "branding.surface"),
        ({"surface_dark": "#222222", "text_dark": "#333333"}, "branding.surface_dark"),
        ({"accent_dark": "#112233", "accent_text_dark": "#000000"}, "branding.accent_dark"),
    ],
)
def test_text_that_cannot_be_read_is_refused_in_both_modes(document, path):
    assert path in problems_of(document)


def test_a_bright_accent_with_dark_text_is_welcome():
    assert parse_branding({"accent": "#f59e0b", "accent_text": "#111111"}).accent is not None
