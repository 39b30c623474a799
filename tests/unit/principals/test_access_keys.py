"""Keys that sign requests: made, found, recognised and taken back."""

import re
from dataclasses import dataclass, field

import pytest

from app.core.kernel.errors import InvalidParameter
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret
from app.core.principals.model import AccessKey
from app.core.principals.service import AccessKeyNotFound, AccessKeys
from tests.support.world import MovedClock

ROOT = AccessKey(access_key_id="root", account_id="1", name="root", secret=Secret("r" * 40), created_at=0)
AWS_OWN = "AKIAIOSFODNN7EXAMPLE"


@dataclass
class Kept:
    keys: dict[str, AccessKey] = field(default_factory=dict)

    def find(self, access_key_id):
        return self.keys.get(access_key_id)

    def add(self, key):
        self.keys[key.access_key_id] = key

    def list_all(self):
        return list(self.keys.values())

    def remove(self, access_key_id):
        return self.keys.pop(access_key_id, None) is not None


class AtOnce:
    def transaction(self):
        from contextlib import nullcontext

        return nullcontext()


def keys_under(hash_key=b"h" * 32):
    store = Kept()
    return AccessKeys(
        store=store, read=store.find, hasher=Hasher(hash_key), clock=MovedClock(), transactions=AtOnce(), root=ROOT
    )


@pytest.fixture
def keys():
    return keys_under()


def test_a_key_looks_like_awss_own(keys):
    key = keys.create("123456789012", "ci")
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", key.access_key_id)
    assert re.fullmatch(r"[A-Za-z0-9+/]{40}", key.secret.reveal())
    assert keys.find(key.access_key_id) == key


def test_no_two_keys_are_alike(keys):
    made = [keys.create("1", "ci") for _ in range(50)]
    assert len({key.access_key_id for key in made}) == len({key.secret.reveal() for key in made}) == 50


def test_a_key_that_was_taken_back_is_still_known_as_ours(keys):
    key = keys.create("1", "ci")
    keys.remove(key.access_key_id)
    assert keys.find(key.access_key_id) is None
    assert keys.was_issued(key.access_key_id)


def test_the_key_of_the_settings_is_ours(keys):
    assert keys.find("root") == ROOT
    assert keys.was_issued("root")
    assert ROOT not in keys.list_all()


@pytest.mark.parametrize("stranger", ["", "A", "test", "AKIA", AWS_OWN, "AKIA" + "A" * 16, "é" * 20, "a" * 10_000])
def test_a_strangers_key_is_not_ours(keys, stranger):
    assert keys.find(stranger) is None
    assert not keys.was_issued(stranger)


def test_another_servers_key_is_not_ours(keys):
    assert not keys.was_issued(keys_under(b"o" * 32).create("1", "ci").access_key_id)


@pytest.mark.parametrize("place", range(20))
def test_a_changed_id_is_not_ours(keys, place):
    text = keys.create("1", "ci").access_key_id
    changed = text[:place] + ("Q" if text[place] != "Q" else "R") + text[place + 1 :]
    assert not keys.was_issued(changed)


def test_a_key_that_nobody_has_cannot_be_taken_back(keys):
    with pytest.raises(AccessKeyNotFound):
        keys.remove(AWS_OWN)


def test_a_key_with_a_policy_that_is_none_is_not_made(keys):
    with pytest.raises(InvalidParameter, match=r"Statement 1 has both Action and NotAction\."):
        keys.create("1", "ci", {"Statement": [{"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}]})
    assert keys.list_all() == []
