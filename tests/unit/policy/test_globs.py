"""Patterns: any star, any mark, in time that no pattern can blow up."""

from time import process_time

import pytest

from app.core.policy.globs import Glob, Wild


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("", "", True), ("", "x", False), ("*", "", True), ("**", "x", True), ("?", "", False), ("?", "x", True), ("??", "x", False),
        ("a*a", "a", False), ("a*a", "aa", True), ("a*b*c", "a-b-b-c", True), ("a*b*c", "a-c-b", False), ("*?", "", False),
        ("?*?", "x", False), ("?*?", "xy", True), ("*ab?", "aabb", True), ("*ab?", "aabx", True), ("*a?c*", "abbaxc", True),
        ("*aab*", "aaab", True), ("*a?b", "aaab", True), ("a?*", "a", False), ("*.jpg", ".jpg", True), ("x*", "X", False),
        ("*\n*", "a\nb", True), ("?", "\U0001f600", True), ("\0", "x", False), ("?\0", "a\0", True), ("*ba*ab*", "bab", False),
    ],
)  # fmt: skip
def test_a_star_stands_for_anything_and_a_mark_for_one_character(pattern, text, fits):
    assert Glob.from_text(pattern).matches(text) is fits


def test_only_wildcards_are_wild():
    assert Glob(["a*", Wild.ANY, "?"]).matches("a*xyz?")
    assert not Glob(["a*", Wild.ANY, "?"]).matches("abxyz?")
    assert Glob.from_text("[a-z].{1}(x|y)\\d+$").matches("[a-z].{1}(x|y)\\d+$")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*a" * 40 + "b", "a" * 10_000),
        ("*a" * 2_000 + "b", "a" * 20_000),
        ("*" + "a?" * 2_000 + "b*", "a" * 20_000),
        ("*?" * 3_000 + "b", "a" * 10_000),
        ("a" * 5_000 + "*b*" + "a" * 5_000, "a" * 20_000),
        ("*" + "ab" * 3_000 + "?c*", "ab" * 10_000),
    ],
    ids=lambda each: each[:6],
)
def test_no_pattern_keeps_the_server_busy(pattern, text):
    began = process_time()
    assert not Glob.from_text(pattern).matches(text)
    assert process_time() - began < 1
