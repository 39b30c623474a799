"""The keys of the issuer of OpenID tokens, which is no user pool, on SQLite and PostgreSQL."""

import json
from base64 import b64decode

import jwt
import pytest
from cryptography.x509 import load_der_x509_certificate

from app.adapters.sql.configuration import Cached, ConfigurationCache
from app.adapters.sql.keys import SqlKeys
from app.adapters.sql.reseal import reseal
from app.core.identity_pools.open_id import ALGORITHM, ISSUER_KEYS
from app.core.kernel.sealing import Sealer, Unsealable
from app.core.keys.model import KeyPurpose
from app.core.keys.service import Keys
from tests.support.parallel import at_once
from tests.support.prepared_keys import PreparedKeys
from tests.support.world import MASTER_KEY, World

NEW_KEY = bytes(range(32, 64))


def keys_of_issuer(world: World, *, skip: int = 0) -> Keys:
    """Those of one worker."""
    store = SqlKeys(world.database, world.sealer, of_issuers=True)
    return Keys(
        store=store,
        read_keys=Cached(ConfigurationCache(world.database), "keys", lambda name: store.list_of(name) or None),
        factory=PreparedKeys(skip=skip),
        transactions=world.database,
        clock=world.clock,
        purposes=(KeyPurpose.ID,),
        certified=True,
    )


def test_workers_that_need_the_first_key_at_once_agree_on_one(world: World) -> None:
    workers = [keys_of_issuer(world, skip=number) for number in range(3)]
    at_once(lambda keys: keys.ensure(ISSUER_KEYS, ALGORITHM), workers)
    assert len({keys.signer(ISSUER_KEYS, KeyPurpose.ID).kid for keys in workers}) == 1
    shown = json.loads(workers[0].jwks(ISSUER_KEYS).body)["keys"]
    assert [(key["alg"], key["kty"], key["use"]) for key in shown] == [("RS512", "RSA", "sig")]


def test_they_are_no_keys_of_any_pool(world: World) -> None:
    keys = keys_of_issuer(world)
    keys.ensure(ISSUER_KEYS, ALGORITHM)
    assert world.keys.list_of(ISSUER_KEYS) == []
    assert keys.find_verifier(ISSUER_KEYS, KeyPurpose.ACCESS, keys.signer(ISSUER_KEYS, KeyPurpose.ID).kid) is None


def test_they_follow_a_rotation_of_the_master_key(world: World) -> None:
    keys_of_issuer(world).ensure(ISSUER_KEYS, ALGORITHM)
    reseal(world.database, Sealer((NEW_KEY, MASTER_KEY)))
    assert SqlKeys(world.database, Sealer((NEW_KEY,)), of_issuers=True).list_of(ISSUER_KEYS)
    with pytest.raises(Unsealable):
        SqlKeys(world.database, Sealer((MASTER_KEY,)), of_issuers=True).list_of(ISSUER_KEYS)


def shown_by(keys: Keys) -> list[dict[str, object]]:
    return list(json.loads(keys.jwks(ISSUER_KEYS).body)["keys"])


def test_each_key_comes_in_a_certificate_that_is_the_same_everywhere(world: World) -> None:
    first, second = keys_of_issuer(world), keys_of_issuer(world, skip=1)
    first.ensure(ISSUER_KEYS, ALGORITHM)
    first.rotate(ISSUER_KEYS)
    world.clock.advance(minutes=5)
    assert first.jwks(ISSUER_KEYS).body == second.jwks(ISSUER_KEYS).body
    for key in shown_by(first):
        [written] = key["x5c"]  # type: ignore[misc]
        certificate = load_der_x509_certificate(b64decode(written, validate=True))
        certificate.verify_directly_issued_by(certificate)
        assert certificate.public_key() == jwt.PyJWK(key).key
        assert certificate.not_valid_before_utc.timestamp() <= world.clock.now()
        assert certificate.not_valid_after_utc.year == 9999


def test_the_key_that_signs_is_shown_first(world: World) -> None:
    keys = keys_of_issuer(world)
    keys.ensure(ISSUER_KEYS, ALGORITHM)
    before = keys.signer(ISSUER_KEYS, KeyPurpose.ID).kid
    [after] = keys.rotate(ISSUER_KEYS)
    assert [key["kid"] for key in shown_by(keys)] == [before, after.kid]
    world.clock.advance(minutes=15)
    assert keys.signer(ISSUER_KEYS, KeyPurpose.ID).kid == after.kid
    assert [key["kid"] for key in shown_by(keys)] == [after.kid, before]
