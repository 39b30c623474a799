"""When a key is published, signs and leaves, as tables of moments."""

import pytest

from app.core.kernel.secret import Secret
from app.core.keys.model import KeyPurpose, SigningKey
from app.core.keys.schedule import (
    JWKS_MAX_AGE,
    LONGEST_TOKEN,
    PUBLISHED_AHEAD,
    choose_published,
    choose_signing,
    last_published,
    next_signs_from,
)

NOW = 1_900_000_000


def _key(
    kid: str,
    signs_from: int,
    published_until: int | None = None,
    *,
    purpose: KeyPurpose = KeyPurpose.ID,
    created_at: int | None = None,
) -> SigningKey:
    return SigningKey(
        kid=kid,
        pool_id="pool",
        purpose=purpose,
        algorithm="RS256",
        private_pem=Secret(""),
        public_jwk={},
        created_at=signs_from if created_at is None else created_at,
        signs_from=signs_from,
        published_until=published_until,
    )


@pytest.mark.parametrize(
    ("keys", "signs"),
    [
        ([], None),
        ([_key("only", NOW)], "only"),
        ([_key("old", NOW - 9, NOW + 99), _key("new", NOW)], "new"),
        ([_key("old", NOW - 9, NOW + 99), _key("next", NOW + 1)], "old"),
        ([_key("old", NOW - 9, NOW + 99), _key("next", NOW + 1, NOW + 200), _key("last", NOW + 2)], "old"),
        ([_key("gone", NOW - 9, NOW), _key("next", NOW + 1)], "next"),
        ([_key("gone", NOW - 9, NOW)], None),
        ([_key("access", NOW - 9, purpose=KeyPurpose.ACCESS)], None),
        ([_key("retired", NOW, NOW + 99, created_at=NOW - 1), _key("stays", NOW, created_at=NOW - 2)], "stays"),
        ([_key("future", NOW + 500), _key("further", NOW + 900)], "future"),
    ],
    ids=[
        "none",
        "one",
        "two, both begun",
        "the next has not begun",
        "two are to come",
        "a key that left never signs",
        "nothing is left",
        "another purpose",
        "two that begin together",
        "the clock went back",
    ],
)
def test_the_youngest_key_that_has_begun_signs(keys: list[SigningKey], signs: str | None) -> None:
    for order in (keys, keys[::-1]):
        chosen = choose_signing(order, KeyPurpose.ID, now=NOW)
        assert (chosen.kid if chosen else None) == signs


def test_a_key_is_published_before_it_signs_and_until_its_very_end() -> None:
    keys = [_key("left", NOW - 99, NOW), _key("leaving", NOW - 9, NOW + 1), _key("next", NOW + 600)]
    assert [key.kid for key in choose_published(keys, now=NOW)] == ["leaving", "next"]


def test_id_keys_come_before_access_keys() -> None:
    keys = [_key("a", 1, purpose=KeyPurpose.ACCESS), _key("i2", 3), _key("i1", 2)]
    assert [key.kid for key in choose_published(keys, now=NOW)] == ["i1", "i2", "a"]


def test_a_new_key_is_published_for_two_jwks_lifetimes_before_it_signs() -> None:
    begins = next_signs_from(_key("old", NOW), now=NOW, at_once=False)
    assert begins == NOW + PUBLISHED_AHEAD
    assert begins >= NOW + 2 * JWKS_MAX_AGE


def test_an_old_key_outlives_the_longest_token_it_signed() -> None:
    assert last_published(NOW + PUBLISHED_AHEAD, now=NOW, at_once=False) > NOW + PUBLISHED_AHEAD + LONGEST_TOKEN


def test_the_first_key_and_the_key_after_a_compromise_sign_at_once() -> None:
    assert next_signs_from(None, now=NOW, at_once=False) == NOW
    assert next_signs_from(_key("old", NOW), now=NOW, at_once=True) == NOW
    assert last_published(NOW, now=NOW, at_once=True) == NOW
