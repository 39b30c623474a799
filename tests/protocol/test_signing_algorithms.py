"""ES256 and EdDSA beside RS256: announced, verifiable with the JWKS alone, and never confused."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from hashlib import sha256, sha512

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from app.core.kernel.errors import TokenInvalid
from app.core.kernel.extensions import ExtensionInvalid, changed
from app.core.keys.model import KeyPurpose
from app.core.keys.schedule import LONGEST_TOKEN, PUBLISHED_AHEAD
from app.core.pools.extensions import POOL_EXTENSIONS, SIGNING_ALGORITHMS
from app.core.tokens.issue import sign
from tests.support.client import Application
from tests.support.oauth_app import claims_of, header_of


def raw(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify(token, jwks):
    """By nothing but ``cryptography``, as a stranger would."""
    header, (head, body, signature) = header_of(token), token.split(".")
    jwk = next(key for key in jwks["keys"] if key["kid"] == header["kid"])
    message = f"{head}.{body}".encode()
    assert jwk["alg"] == header["alg"]
    assert jwk["use"] == "sig"
    assert "d" not in jwk
    if header["alg"] == "EdDSA":
        assert (jwk["kty"], jwk["crv"]) == ("OKP", "Ed25519")
        ed25519.Ed25519PublicKey.from_public_bytes(raw(jwk["x"])).verify(raw(signature), message)
    else:
        assert (header["alg"], jwk["kty"], jwk["crv"]) == ("ES256", "EC", "P-256")
        x, y = (int.from_bytes(raw(jwk[name])) for name in ("x", "y"))
        both = raw(signature)
        assert len(both) == 64
        der = encode_dss_signature(int.from_bytes(both[:32]), int.from_bytes(both[32:]))
        ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key().verify(der, message, ec.ECDSA(SHA256()))


@pytest.fixture(params=["ES256", "EdDSA"])
def algorithm(request):
    return request.param


@pytest.fixture
def switched(house, algorithm):
    house.keys.rotate(house.pool.pool_id, algorithm=algorithm)
    house.clock.advance(seconds=PUBLISHED_AHEAD)
    return house


def published(house, name):
    return house.browser().get(f"/{house.pool.pool_id}/.well-known/{name}").json


@pytest.mark.spec("RFC 7518 §3.4, RFC 8037 §3.1")
def test_a_stranger_verifies_both_tokens_with_the_jwks(switched, algorithm):
    tokens = switched.tokens_of()
    jwks = published(switched, "jwks.json")
    for kind in ("access_token", "id_token"):
        assert header_of(tokens[kind]).keys() == {"kid", "alg"}
        assert header_of(tokens[kind])["alg"] == algorithm
        verify(tokens[kind], jwks)
        with pytest.raises(InvalidSignature):
            verify(tokens[kind][:-6] + "AAAAAA", jwks)


def test_the_server_takes_its_own_tokens(switched):
    tokens = switched.tokens_of()
    assert switched.userinfo(tokens["access_token"]).status_code == 200
    assert switched.userinfo(tokens["id_token"]).status_code == 401


@pytest.mark.spec("OpenID Connect Core §3.1.3.6")
def test_at_hash_goes_with_the_algorithm(switched, algorithm):
    tokens = switched.tokens_of()
    digest = (sha512 if algorithm == "EdDSA" else sha256)(tokens["access_token"].encode()).digest()
    half = urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")
    assert claims_of(tokens["id_token"])["at_hash"] == half


@pytest.mark.spec("OpenID Connect Discovery §3")
def test_discovery_announces_the_algorithm_before_it_signs_and_until_the_old_one_is_gone(house, algorithm):
    def announced():
        return published(house, "openid-configuration")["id_token_signing_alg_values_supported"]

    assert announced() == ["RS256"]
    house.keys.rotate(house.pool.pool_id, algorithm=algorithm)
    assert header_of(house.tokens_of()["id_token"])["alg"] == "RS256"
    assert announced() == sorted(["RS256", algorithm])
    house.clock.advance(seconds=PUBLISHED_AHEAD + LONGEST_TOKEN + 301)
    assert header_of(house.tokens_of()["id_token"])["alg"] == algorithm
    assert announced() == sorted(["RS256", algorithm])


def test_a_token_of_before_the_switch_still_counts(house, algorithm):
    token = house.tokens_of()["access_token"]
    house.keys.rotate(house.pool.pool_id, algorithm=algorithm)
    house.clock.advance(seconds=PUBLISHED_AHEAD)
    assert house.userinfo(token).status_code == 200


@pytest.mark.spec("RFC 8725 §3.1")
@pytest.mark.parametrize("claimed", ["RS256", "ES256", "ES384", "EdDSA", "Ed25519", "Ed448", "HS256", "none"])
def test_the_key_decides_the_algorithm_and_not_the_token(switched, algorithm, claimed):
    if claimed == algorithm:
        return
    signer = switched.signer()
    token = switched.tokens_of()["access_token"]
    head = urlsafe_b64encode(json.dumps({"kid": signer.kid, "alg": claimed}).encode()).decode().rstrip("=")
    body, signature = token.split(".")[1:]
    assert switched.userinfo(f"{head}.{body}.{signature}").status_code == 401


def test_another_key_of_the_same_algorithm_signs_nothing(switched):
    claims = claims_of(switched.tokens_of()["access_token"])
    forged = sign(replace(switched.signer(KeyPurpose.ID), kid=switched.signer().kid), claims)
    with pytest.raises(TokenInvalid):
        switched.tokens.verify_access(forged)


def test_a_new_pool_signs_with_its_algorithm_from_the_start(tmp_path):
    application = Application(tmp_path)
    for algorithm in SIGNING_ALGORITHMS:
        pool = application.a_pool(extensions={"signing_algorithm": algorithm})
        assert {application.services.keys.signer(pool.pool_id, purpose).algorithm for purpose in KeyPurpose} == {
            algorithm
        }
    application.close()


def test_the_extension_offers_what_the_keys_can():
    for algorithm in SIGNING_ALGORITHMS:
        assert changed(POOL_EXTENSIONS, {}, "signing_algorithm", algorithm, lambda _: None)


@pytest.mark.parametrize("value", ["none", "HS256", "RS512", "PS256", "es256", "Ed25519", 256, ["RS256"]])
def test_no_other_algorithm_is_offered(value):
    with pytest.raises(ExtensionInvalid):
        changed(POOL_EXTENSIONS, {}, "signing_algorithm", value, lambda _: None)
