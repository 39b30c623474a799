"""The keys of a pool over real stores: signing, verifying, publishing, rotating."""

import base64
import json
from collections.abc import Iterator

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.core.kernel.errors import Unavailable
from app.core.keys.model import KeyPurpose
from app.core.keys.schedule import LONGEST_TOKEN, PUBLISHED_AHEAD
from app.core.keys.service import Keys
from app.core.pools.model import Pool
from tests.support.parallel import at_once
from tests.support.prepared_keys import keys_of
from tests.support.world import World

ID, ACCESS = KeyPurpose.ID, KeyPurpose.ACCESS


@pytest.fixture
def pool(world: World) -> Pool:
    return world.a_pool()


@pytest.fixture
def keys(world: World, pool: Pool) -> Keys:
    keys = keys_of(world)
    keys.ensure(pool.pool_id)
    return keys


def _kids(keys: Keys, pool: Pool) -> list[str]:
    return [key["kid"] for key in json.loads(keys.jwks(pool.pool_id).body)["keys"]]


def _token(keys: Keys, pool: Pool, purpose: KeyPurpose = ACCESS) -> str:
    signer = keys.signer(pool.pool_id, purpose)
    header = {"alg": signer.algorithm, "kid": signer.kid}
    return jwt.encode(header, {"sub": "anna"}, signer.key, algorithms=[signer.algorithm])


def _verifies(keys: Keys, pool: Pool, token: str, purpose: KeyPurpose = ACCESS) -> bool:
    header = json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
    found = keys.find_verifier(pool.pool_id, purpose, header["kid"])
    if found is None:
        return False
    return jwt.decode(token, found.key, algorithms=[found.algorithm]).claims["sub"] == "anna"


@pytest.mark.spec("RFC 7517 §5")
def test_the_jwks_shows_two_public_keys_as_cognito_writes_them(keys: Keys, pool: Pool) -> None:
    shown = json.loads(keys.jwks(pool.pool_id).body)["keys"]
    assert len(shown) == 2
    for key in shown:
        assert list(key) == ["alg", "e", "kid", "kty", "n", "use"]
        assert (key["alg"], key["e"], key["kty"], key["use"]) == ("RS256", "AQAB", "RSA", "sig")
        assert len(key["kid"]) == 44
        assert len(base64.b64decode(key["kid"], validate=True)) == 32
        assert len(base64.urlsafe_b64decode(key["n"] + "==")) == 256
    assert [key["kid"] for key in shown] == [keys.signer(pool.pool_id, purpose).kid for purpose in (ID, ACCESS)]


def test_a_stranger_verifies_with_the_jwks_alone(keys: Keys, pool: Pool) -> None:
    published = KeySet.import_key_set(json.loads(keys.jwks(pool.pool_id).body))
    assert jwt.decode(_token(keys, pool), published, algorithms=["RS256"]).claims == {"sub": "anna"}
    others = keys.jwks("us-east-1_unknown")
    assert json.loads(others.body) == {"keys": []}
    with pytest.raises((JoseError, ValueError)):
        jwt.decode(_token(keys, pool), KeySet.import_key_set(json.loads(others.body)), algorithms=["RS256"])


def test_an_id_tokens_key_verifies_no_access_token(keys: Keys, pool: Pool) -> None:
    token = _token(keys, pool, ID)
    assert _verifies(keys, pool, token, ID)
    assert not _verifies(keys, pool, token, ACCESS)


def test_another_pools_key_verifies_nothing(world: World, keys: Keys, pool: Pool) -> None:
    other = world.a_pool()
    assert not _verifies(keys, other, _token(keys, pool))
    with pytest.raises(Unavailable):
        keys.signer(other.pool_id, ACCESS)


def test_ensuring_twice_changes_nothing(keys: Keys, pool: Pool) -> None:
    before = keys.jwks(pool.pool_id)
    keys.ensure(pool.pool_id)
    assert keys.jwks(pool.pool_id) == before


def test_workers_that_ensure_together_make_two_keys(world: World) -> None:
    pool = world.a_pool()
    workers = [keys_of(world, skip=number * 2) for number in range(4)]
    at_once(lambda worker: worker.ensure(pool.pool_id), workers)
    assert len({tuple(_kids(worker, pool)) for worker in workers}) == 1
    assert len(_kids(workers[0], pool)) == 2


def test_keys_are_parsed_once_and_the_document_is_kept(world: World, keys: Keys, pool: Pool) -> None:
    signer, document = keys.signer(pool.pool_id, ACCESS), keys.jwks(pool.pool_id)
    world.a_pool()
    assert keys.signer(pool.pool_id, ACCESS).key is signer.key, "also after an unrelated change"
    assert keys.jwks(pool.pool_id) == document
    assert keys.find_verifier(pool.pool_id, ACCESS, signer.kid).key is signer.key


def test_a_new_key_is_published_long_before_it_signs(world: World, keys: Keys, pool: Pool) -> None:
    old = {purpose: keys.signer(pool.pool_id, purpose).kid for purpose in KeyPurpose}
    etag = keys.jwks(pool.pool_id).etag
    made = {key.purpose: key.kid for key in keys.rotate(pool.pool_id)}
    assert set(_kids(keys, pool)) == {*old.values(), *made.values()}
    assert keys.jwks(pool.pool_id).etag != etag
    for purpose in KeyPurpose:
        assert keys.signer(pool.pool_id, purpose).kid == old[purpose]
    world.clock.advance(seconds=PUBLISHED_AHEAD - 1)
    assert keys.signer(pool.pool_id, ACCESS).kid == old[ACCESS]
    world.clock.advance(seconds=1)
    for purpose in KeyPurpose:
        assert keys.signer(pool.pool_id, purpose).kid == made[purpose]


def test_an_old_key_stays_until_its_last_token_has_expired(world: World, keys: Keys, pool: Pool) -> None:
    keys.rotate(pool.pool_id)
    world.clock.advance(seconds=PUBLISHED_AHEAD - 1)
    last = _token(keys, pool)
    world.clock.advance(seconds=LONGEST_TOKEN)
    assert _verifies(keys, pool, last)
    world.clock.advance(seconds=1000)
    assert not _verifies(keys, pool, last)
    assert len(_kids(keys, pool)) == 2
    keys.rotate(pool.pool_id)
    assert len(world.keys.list_of(pool.pool_id)) == 4, "the rows of keys that left are removed by the next rotation"


def test_two_rotations_in_a_row_leave_no_gap(world: World, keys: Keys, pool: Pool) -> None:
    tokens = []
    keys.rotate(pool.pool_id)
    world.clock.advance(seconds=100)
    keys.rotate(pool.pool_id)
    for _ in range(30):
        tokens.append(_token(keys, pool))
        world.clock.advance(seconds=50)
        assert all(_verifies(keys, pool, token) for token in tokens)
    assert len({token.split(".")[0] for token in tokens}) == 3


def test_a_compromise_removes_every_older_key_at_once(world: World, keys: Keys, pool: Pool) -> None:
    token = _token(keys, pool)
    keys.rotate(pool.pool_id)
    made = keys.rotate(pool.pool_id, now=True)
    assert set(_kids(keys, pool)) == {key.kid for key in made}
    assert keys.signer(pool.pool_id, ACCESS).kid in {key.kid for key in made}
    assert not _verifies(keys, pool, token)
    assert _verifies(keys, pool, _token(keys, pool))


def test_two_compromises_in_the_same_second_leave_one_key_of_each_purpose(world: World, pool: Pool, keys: Keys) -> None:
    workers = [keys_of(world, skip=6 + number * 2) for number in range(3)]
    at_once(lambda worker: worker.rotate(pool.pool_id, now=True), workers)
    assert len(_kids(keys, pool)) == 2
    assert _verifies(keys, pool, _token(keys, pool))


def test_rotating_a_pool_without_keys_gives_it_keys_that_sign(world: World) -> None:
    pool, keys = world.a_pool(), keys_of(world)
    keys.rotate(pool.pool_id)
    assert _verifies(keys, pool, _token(keys, pool))


def test_a_clock_that_is_set_back_still_finds_a_key_to_sign_with(world: World, keys: Keys, pool: Pool) -> None:
    world.clock.advance(days=-30)
    assert _verifies(keys, pool, _token(keys, pool))


@pytest.mark.parametrize(("algorithm", "kty"), [("ES256", "EC"), ("Ed25519", "OKP")])
def test_a_rotation_may_change_the_algorithm(world: World, keys: Keys, pool: Pool, algorithm: str, kty: str) -> None:
    before = _token(keys, pool)
    keys.rotate(pool.pool_id, algorithm=algorithm)
    world.clock.advance(seconds=PUBLISHED_AHEAD)
    signer = keys.signer(pool.pool_id, ACCESS)
    assert (signer.algorithm, len(signer.kid)) == (algorithm, 44)
    assert _verifies(keys, pool, before)
    assert _verifies(keys, pool, _token(keys, pool))
    shown = json.loads(keys.jwks(pool.pool_id).body)["keys"]
    assert {key["kty"] for key in shown} == {"RSA", kty}
    assert not any("d" in key for key in shown)
    assert {key.algorithm for key in keys.rotate(pool.pool_id)} == {algorithm}


def test_a_removed_pool_has_no_keys(world: World, keys: Keys, pool: Pool) -> None:
    token = _token(keys, pool)
    world.pools.remove(pool.pool_id)
    assert not _verifies(keys, pool, token)
    assert _kids(keys, pool) == []


@pytest.fixture
def other_worker(world: World) -> Iterator[World]:
    other = World(world.database.engine.url.render_as_string(hide_password=False), clock=world.clock)
    yield other
    other.close()


def test_another_worker_verifies_what_this_one_signs_right_after_the_first_key(
    world: World, other_worker: World
) -> None:
    pool = world.a_pool()
    theirs = keys_of(other_worker)
    assert _kids(theirs, pool) == []
    mine = keys_of(world)
    mine.ensure(pool.pool_id)
    assert _verifies(theirs, pool, _token(mine, pool)), "a miss is never cached"
