"""Which classic stylesheets are taken, and what becomes of them."""

import re

import pytest

from app.core.branding.classic_css import CssRefused, classic_stylesheet
from app.web.pages import shipped_themes

TEMPLATE = """
.logo-customizable { max-width: 60%; max-height: 30%; }
.banner-customizable { padding: 25px 0px 25px 0px; background-color: lightgray; }
.label-customizable { font-weight: 400; }
.textDescription-customizable { padding-top: 10px; padding-bottom: 10px; display: block; font-size: 16px; }
.idpDescription-customizable { padding-top: 10px; display: block; font-size: 16px; }
.legalText-customizable { color: #747474; font-size: 11px; }
.submitButton-customizable { font-size: 14px; font-weight: bold; margin: 20px 0px 10px 0px; height: 40px; width: 100%;
  color: #fff; background-color: #337ab7; }
.submitButton-customizable:hover { color: #fff; background-color: #286090; }
.errorMessage-customizable { padding: 5px; width: 100%; background: #F5F5F5; border: 2px solid #D64958; }
.inputField-customizable { width: 100%; height: 34px; color: #555; border: 1px solid #ccc; }
.inputField-customizable:focus { border-color: #66afe9; outline: 0; }
.idpButton-customizable { height: 40px; text-align: center; margin-bottom: 15px; border-color: #46b8da; }
.idpButton-customizable:hover { color: rgba(255, 255, 255, 0.9); background-color: #31b0d5; }
.socialButton-customizable { border-radius: 2px; padding: 1px; text-align: left; }
.redirect-customizable { text-align: center; }
.passwordCheck-notValid-customizable { color: #DF3312; }
.passwordCheck-valid-customizable { color: #19BF00; }
.background-customizable { background-color: #faf; font-family: "Open Sans", sans-serif !important; }
"""


def test_every_class_of_cognitos_template_is_taken() -> None:
    made = classic_stylesheet(TEMPLATE)
    assert ':root:root .card { font-family: "Open Sans", sans-serif !important; }' in made
    assert ":root:root .field input:focus { border-color: #66afe9; }" in made
    assert "color: rgba(255, 255, 255, 0.9);" in made
    assert "customizable" not in made


def test_colours_stand_in_light_mode_only_and_the_focus_ring_stays() -> None:
    always, light = classic_stylesheet(TEMPLATE).split("@media (prefers-color-scheme: light) {")
    assert "color:" not in always
    assert "background" not in always
    assert "max-width: 60%" in always
    assert "outline" not in always + light


def test_selectors_may_stand_together() -> None:
    made = classic_stylesheet(".label-customizable, .submitButton-customizable:hover { font-size: 2em }")
    assert made == (
        ':root:root .field label, :root:root .button[type="submit"]:not(.button-quiet):hover { font-size: 2em; }\n'
    )


def test_a_stylesheet_does_not_grow_by_repeating_itself() -> None:
    made = classic_stylesheet(".label-customizable, " * 3000 + ".label-customizable { width: 1px }")
    assert made == ":root:root .field label { width: 1px; }\n"


@pytest.mark.parametrize("value", ["1px " * 65, "rgb(" + "1," * 33 + ")", "rgb(1,2,3) " * 65, "a," * 40_000])
def test_a_value_of_very_many_words_is_refused(value: str) -> None:
    with pytest.raises(CssRefused):
        classic_stylesheet(f".label-customizable {{ color: {value} }}")


def test_a_long_list_of_fonts_is_taken() -> None:
    assert classic_stylesheet(f".label-customizable {{ font-family: {'Arial, ' * 31}serif }}").count("Arial") == 31


def test_nothing_asks_for_nothing() -> None:
    assert classic_stylesheet("") == ""
    assert ".brand-name" not in classic_stylesheet(TEMPLATE)
    assert classic_stylesheet("/* a comment */") == ""


def test_the_default_theme_has_every_part_that_a_class_stands_for() -> None:
    theme = "".join(path.read_text(encoding="utf-8") for path in shipped_themes().glob("default/**/*.css"))
    made = classic_stylesheet(TEMPLATE)
    parts = set(re.findall(r"\.([a-z][a-z-]+)", made)) - {"js"}
    assert {"card", "brand", "field", "button"} <= parts
    assert all(f".{part}" in theme for part in parts)


@pytest.mark.parametrize(
    "css",
    [
        '@import "https://evil.example/x.css";',
        '@import url("//evil.example/x.css");',
        "@media screen { .label-customizable { color: red } }",
        "@supports (color: red) { .label-customizable { color: red } }",
        "@page { margin: 0 }",
        "@font-face { font-family: x; src: url(x) }",
        "@charset 'utf-8';",
        "body { color: red }",
        "* { color: red }",
        ".card { color: red }",
        "#main { color: red }",
        '.inputField-customizable[value^="a"] { color: red }',
        ".label-customizable .label-customizable { color: red }",
        ".label-customizable > a { color: red }",
        ".label-customizable.label-customizable { color: red }",
        ".label-customizable:hover { color: red }",
        ".label-customizable::before { color: red }",
        ".inputField-customizable:hover { color: red }",
        ".label-customizable, body { color: red }",
        ", .label-customizable { color: red }",
        "{ color: red }",
        ".label-customizable color: red",
        ".label-customizable { background: url(https://evil.example/x) }",
        ".label-customizable { background: url('x') }",
        ".label-customizable { background: image-set('x' 1x) }",
        ".label-customizable { background: u\\72l(x) }",
        ".label-customizable { color: expression(alert(1)) }",
        ".label-customizable { color: var(--accent) }",
        ".label-customizable { width: calc(1px + 1px) }",
        ".label-customizable { position: fixed }",
        ".label-customizable { z-index: 9 }",
        ".label-customizable { opacity: 0 }",
        ".label-customizable { content: 'x' }",
        ".label-customizable { transform: scale(9) }",
        ".label-customizable { --accent: red }",
        ".label-customizable { behavior: url(x) }",
        ".label-customizable { -moz-binding: url(x) }",
        ".errorMessage-customizable { display: none }",
        ".label-customizable { margin: -9px }",
        ".label-customizable { width: 99999px }",
        ".label-customizable { font-family: 'x\"};' }",
        ".label-customizable { color: 'red' }",
        ".label-customizable { color: }",
        ".label-customizable { color: #12345 }",
        ".label-customizable { color: red; } </style><script>alert(1)</script>",
        ".label-customizable { color: rgb(url(x)) }",
        ".label-customizable { color: rgb(" + "(" * 5000 + ")" * 5000 + ") }",
        ".label-customizable { .label-customizable { color: red } }",
        ".label-customizable { color: red } " * 201,
        ".label-customizable { " + "color: red;" * 1001 + " }",
        "(" * 20_000,
        "{" * 20_000,
        "\x00",
    ],
)  # fmt: skip
def test_whatever_is_not_on_the_list_is_refused(css: str) -> None:
    made = None
    with pytest.raises(CssRefused):
        made = classic_stylesheet(css)
    assert made is None


def test_a_logo_stands_alone_in_its_banner():
    made = classic_stylesheet("", has_logo=True)
    assert ".brand-name { position: absolute;" in made
    # Whoever hears the page is still told whose it is.
    assert "display: none" not in made
    assert "visibility" not in made
