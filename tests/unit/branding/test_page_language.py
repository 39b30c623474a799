import pytest

from app.core.branding import choose_language

AVAILABLE = ("en", "de", "pt-BR", "zh-CN")


@pytest.mark.parametrize(
    ("requested", "remembered", "header", "chosen"),
    [
        (None, None, None, "en"),
        ("de", "en", "en", "de"),
        (None, "de", "en", "de"),
        (None, None, "de", "de"),
        ("fr de en", None, None, "de"),
        ("de-AT", None, None, "de"),
        ("DE", None, None, "de"),
        ("pt", None, None, "pt-BR"),
        ("pt-PT", None, None, "pt-BR"),
        ("zh-Hans-CN", None, None, "zh-CN"),
        ("fr", "de", None, "de"),
        (None, None, "fr;q=0.9, de;q=0.8, en;q=0.1", "de"),
        (None, None, "en;q=0.1,de;q=0.2", "de"),
        (None, None, "de;q=0, pt-BR;q=0.5", "pt-BR"),
        (None, None, "en, de", "en"),
    ],
)
@pytest.mark.spec("RFC 4647 §3.4")
def test_the_best_language_is_chosen(requested, remembered, header, chosen):
    assert (
        choose_language(requested=requested, remembered=remembered, accept_language=header, available=AVAILABLE)
        == chosen
    )


@pytest.mark.parametrize(
    "nonsense",
    [
        "*",
        "../../etc/passwd",
        "<script>",
        "de\r\nSet-Cookie: x",
        "-",
        "de_DE",
        "x" * 5000,
        ";;;,,,",
        "de;q=2",
        "de;q=NaN",
        "\0",
        "de;level=1",
    ],
)
def test_nonsense_is_answered_in_the_first_language(nonsense):
    chosen = choose_language(requested=None, remembered=None, accept_language=nonsense, available=AVAILABLE)
    assert chosen == "en"
    assert (
        choose_language(
            requested=nonsense.replace(" ", "_"), remembered=None, accept_language=None, available=AVAILABLE
        )
        in AVAILABLE
    )
