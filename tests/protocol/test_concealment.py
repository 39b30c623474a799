"""The hosted pages tell nobody who has an account: not in words, not in headers, not in time."""

from collections.abc import Iterator

import pytest

from tests.support.concealment import DEEDS, KINDS, add_user, do, measure, name_of, seen
from tests.support.whole_app import WholeApp


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeApp]:
    built = WholeApp(tmp_path_factory.mktemp("concealment"))
    yield built
    built.close()


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeApp]:
    """With the hashing that production has."""
    built = WholeApp(tmp_path_factory.mktemp("slow"), password_hashing="owasp")
    yield built
    built.close()


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_who_exists_is_answered_like_who_does_not(app: WholeApp, deed, kind):
    number = list(DEEDS.values()).index(deed)
    known, stranger = add_user(app, kind, number), name_of("unknown", 100 * KINDS.index(kind) + number)
    of_known = seen(do(app, deed, known)[0], known)
    of_stranger = seen(do(app, deed, stranger)[0], stranger)
    assert of_known == of_stranger


@pytest.mark.parametrize(
    "name", ["sign-in", "sign-up", "resend", "forgot", "reset-after-forgot", "confirm-after-resend"]
)
def test_who_exists_takes_as_long_as_who_does_not(slow: WholeApp, name):
    """A bound that a busy machine keeps; tests/bench/concealment.py measures what it really is."""
    kind = "unconfirmed" if name in {"resend", "confirm-after-resend"} else "confirmed"
    took = measure(slow, DEEDS[name], kind, 7, first=10_000 + 100 * list(DEEDS).index(name))
    assert abs(took.difference) < max(15, 0.4 * took.unknown), took
