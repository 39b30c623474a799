"""Whatever the rooms refuse, a person reads a sentence about it, in every language."""

import ast
from pathlib import Path

import pytest

from app.blueprints.hosted_ui import errors as table
from app.core.factors.password_policy import MESSAGES
from app.core.kernel import errors
from app.core.kernel.errors import AttributeViolation, Fact, PasswordPolicyViolation, PasswordReused
from app.web.pages import Pages, shipped_themes

ROOT = Path(__file__).resolve().parents[3]
PAGES = Pages([shipped_themes()])
LANGUAGES = [(theme, catalogue.lang) for theme in sorted(PAGES.theme_names) for catalogue in PAGES.languages(theme)]
BEHIND_PAGES = ("sign_in", "sign_up", "recovery", "users", "factors", "attempts", "limits")


def said(sentence):
    """In every language of every theme; raises for a missing key or parameter."""
    return {PAGES.sentence(theme, lang, sentence.key, **sentence.params) for theme, lang in LANGUAGES}


def raised_names():
    """Every fact that the rooms behind the pages name in a ``raise``, or return to be raised."""
    found = set()
    for room in BEHIND_PAGES:
        for path in (ROOT / "app" / "core" / room).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Name) and isinstance(getattr(errors, node.id, None), type):
                    found.add(node.id)
    return sorted(name for name in found if issubclass(getattr(errors, name), Fact) and name != "Fact")


def attribute_rules():
    """The rule names that app/core/users/attributes.py gives its violations."""
    tree = ast.parse((ROOT / "app/core/users/attributes.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    named = [call.args[1] for call in calls if call.func.id in {"_violation", "AttributeViolation"}]
    return sorted({rule.value for rule in named if isinstance(rule, ast.Constant)})


@pytest.mark.parametrize("name", raised_names())
def test_every_fact_that_a_room_behind_the_pages_raises_has_a_row(name):
    kind = getattr(errors, name)
    if issubclass(kind, (PasswordPolicyViolation, AttributeViolation)):
        return
    assert any(parent in table.known_facts() for parent in kind.__mro__), name


@pytest.mark.parametrize("kind", sorted(table.known_facts(), key=lambda kind: kind.__name__))
def test_every_row_is_a_sentence_in_every_language(kind):
    sentence = table.sentence_of(kind())
    assert all(said(sentence))
    assert sentence.status >= 400


@pytest.mark.parametrize("rule", [*MESSAGES, "reused"])
def test_every_password_rule_has_its_own_sentence(rule):
    fact = PasswordReused() if rule == "reused" else PasswordPolicyViolation((rule,), "no")
    sentence = table.sentence_of(fact, minimum_length=8, history=3)
    assert sentence.key != "error.password_invalid"
    assert sentence.field == "password"
    assert all(said(sentence))


@pytest.mark.parametrize("rule", attribute_rules())
def test_every_attribute_rule_is_known(rule):
    assert rule in table._ATTRIBUTE_RULES
    sentence = table.sentence_of(AttributeViolation("name", rule, "no", bound=7))
    assert sentence.field == "name"
    assert all(said(sentence))


def test_the_rules_were_found():
    assert {"bad_email", "too_short", "required"} <= set(attribute_rules())
    assert {"CodeMismatch", "TemporaryPasswordExpired", "RecoveryByAdministratorOnly"} <= set(raised_names())


def test_a_rule_of_tomorrow_still_is_a_sentence():
    for fact in (PasswordPolicyViolation(("new",), "no"), AttributeViolation("name", "new", "no")):
        assert all(said(table.sentence_of(fact)))


@pytest.mark.parametrize("kind", ["username", "email", "phone_number", "email_or_phone"])
def test_a_name_that_cannot_be_one_is_told_by_its_kind(kind):
    assert table.invalid_name(kind).field == "username"
    assert all(said(table.invalid_name(kind)))


def test_every_key_that_the_pages_name_exists():
    named = set()
    for path in [
        *(ROOT / "app/blueprints/hosted_ui").glob("*.py"),
        ROOT / "app/web/error_page.py",
        ROOT / "app/factory.py",
    ]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                section, dot, rest = node.value.partition(".")
                if section in {"error", "notice", "error_hint"} and dot and rest and rest.replace("_", "").isalpha():
                    named.add(node.value)
    assert "notice.not_confirmed" in named
    for key in sorted(named):
        for theme, lang in LANGUAGES:
            assert PAGES.sentence(theme, lang, key, n=3, reason="x", parameter="x"), key
