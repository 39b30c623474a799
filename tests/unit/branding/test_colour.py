import pytest

from app.core.branding.colour import BLACK, WHITE, Colour, contrast, nearest_passing


@pytest.mark.parametrize(("text", "written"), [("#0b6670", "#0b6670"), ("#FFF", "#ffffff"), ("#a1B", "#aa11bb")])
def test_a_hexadecimal_colour_is_read(text, written):
    assert str(Colour.from_hex(text)) == written


@pytest.mark.parametrize(
    "text",
    ["", "red", "#12", "#1234", "#12345", "#1234567", "#ggg", "0b6670", "#fff;}", "rgb(0,0,0)", "#fff\n", "#٣٣٣"],
)
def test_anything_else_is_no_colour(text):
    with pytest.raises(ValueError, match="#rrggbb"):
        Colour.from_hex(text)


@pytest.mark.spec("WCAG 2.2 §1.4.3")
@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
    ],
)
def test_contrast_is_what_the_guidelines_say(one, other, ratio):
    assert contrast(Colour.from_hex(one), Colour.from_hex(other)) == pytest.approx(ratio, abs=0.005)
    assert contrast(Colour.from_hex(other), Colour.from_hex(one)) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize(
    "accent", ["#f59e0b", "#ffff00", "#00ff00", "#ff69b4", "#ffffff", "#808080", "#0000ff", "#7fffd4"]
)
@pytest.mark.parametrize("against", [WHITE, BLACK, Colour.from_hex("#141c22"), Colour.from_hex("#808080")])
def test_the_nearest_passing_colour_passes(accent, against):
    assert contrast(nearest_passing(Colour.from_hex(accent), against=against), against) >= 4.5


def test_a_passing_colour_is_left_alone():
    accent = Colour.from_hex("#0b6670")
    assert nearest_passing(accent, against=WHITE) is accent


def test_the_nearest_passing_colour_is_hardly_further_than_it_must_be():
    proposal = nearest_passing(Colour.from_hex("#f59e0b"), against=WHITE)
    assert contrast(proposal, WHITE) < 4.8
    assert proposal.red > proposal.green > proposal.blue, "the hue is kept"
