import re

import pytest

from app.core.branding import Branding, choose_theme, contrast, layered, parse_branding, stylesheet
from app.core.branding.stylesheet import palette

ALLOWED = re.compile(
    r"(?::root \{|@media \(prefers-color-scheme: dark\) \{|\}|--[a-z-]+: (?:#[0-9a-f]{6}|\d{1,2}px|[\w\s\",.-]+);)"
)
ACCENTS = ["#6d28d9", "#0b6670", "#b91c1c", "#1d4ed8", "#000000", "#14532d", "#9d174d", "#4a4a4a"]


def test_no_branding_is_no_stylesheet():
    assert stylesheet(Branding()) == ""


@pytest.mark.parametrize("accent", ACCENTS)
def test_only_custom_properties_on_the_root_come_out(accent):
    document = {"accent": accent, "radius": 4, "font": "monospace", "surface": "#fafafa", "text_dark": "#ffffff"}
    for line in stylesheet(parse_branding(document)).splitlines():
        assert ALLOWED.fullmatch(line.strip()), line


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("accent", ACCENTS)
def test_whatever_the_accent_everything_derived_from_it_can_be_read(accent, dark):
    colours = palette(parse_branding({"accent": accent}), dark=dark)
    assert contrast(colours.accent, colours.accent_text) >= 4.5
    assert contrast(colours.link, colours.surface) >= 4.5
    assert contrast(colours.text, colours.surface) >= 4.5


@pytest.mark.parametrize("surface", ["#ffeedd", "#222222", "#808080", "#003366", "#ffff00"])
def test_whatever_the_card_everything_on_it_can_be_read(surface):
    branding = parse_branding({"surface": surface, "surface_dark": surface})
    for name in ("link", "text", "muted", "danger-on-card", "good-on-card"):
        for written in re.findall(rf"--{name}: (#\w+);", stylesheet(branding)):
            assert contrast(type(branding.surface).from_hex(written), branding.surface) >= 4.5, name


def test_a_client_goes_over_its_pool():
    pool = parse_branding(
        {"accent": "#6d28d9", "radius": 4, "texts": {"en": {"sign_in.title": "A", "sign_in.lead": "B"}}}
    )
    client = parse_branding({"radius": 8, "texts": {"en": {"sign_in.title": "C"}}})
    both = layered(pool, client)
    assert (str(both.accent), both.radius) == ("#6d28d9", 8)
    assert both.texts_for("en") == {"sign_in.title": "C", "sign_in.lead": "B"}


def test_a_client_with_an_accent_does_not_inherit_the_text_that_went_with_the_pools():
    pool = parse_branding({"accent": "#ffee00", "accent_text": "#000000"})
    both = layered(pool, parse_branding({"accent": "#111111"}))
    colours = palette(both, dark=False)
    assert contrast(colours.accent, colours.accent_text) >= 4.5


def test_layers_of_nothing_are_nothing():
    assert layered(None, None) == Branding()


@pytest.mark.parametrize(
    ("wanted", "default", "chosen"),
    [
        ("harbour", "default", "harbour"),
        ("gone", "harbour", "harbour"),
        ("gone", "gone-too", "default"),
        (None, "default", "default"),
    ],
)
def test_a_missing_theme_never_takes_the_page_with_it(wanted, default, chosen):
    assert choose_theme(Branding(theme=wanted), installed={"default", "harbour"}, default=default) == chosen
