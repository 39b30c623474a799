"""ID tokens of providers elsewhere: what proves something, and what does not."""

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.core.identity_pools.logins.web_tokens import WebTokens
from app.core.identity_pools.refusals import LoginRefused
from tests.support.upstream import public_jwk, rsa_keys, signed
from tests.support.world import NOON, MovedClock

ISSUER, AUDIENCE = "https://login.example.com", "app-1"
RSA, OTHER = (key for _, key in zip(range(2), rsa_keys(), strict=False))
EC = ec.generate_private_key(ec.SECP256R1())
CLAIMS = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "iat": NOON, "exp": NOON + 60}


class Published:
    """An ``UpstreamKeys`` over what a test publishes."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys = keys

    def find_key(self, issuer: str, kid: str | None) -> dict[str, Any] | None:
        assert issuer == ISSUER
        return next((key for key in self.keys if key.get("kid") == kid), None)


def verify(token: str, *keys: dict[str, Any]) -> tuple[str, Any]:
    web_tokens = WebTokens(keys=Published(*(keys or (public_jwk(RSA),))), clock=MovedClock())
    return web_tokens.verify(token, source=ISSUER, issuers=(ISSUER,), audiences=(AUDIENCE, "app-2"))


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(RSA, "RS256"), (RSA, "RS384"), (RSA, "RS512"), (EC, "ES256")],
    ids=lambda value: str(value)[:5],
)
def test_a_signed_token_in_time_for_us_is_taken(key, algorithm):
    audience, claims = verify(signed(key, CLAIMS, algorithm=algorithm), public_jwk(key))
    assert (audience, claims["sub"]) == (AUDIENCE, "ada")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"iss": "https://evil.example"}, "Issuer doesn't match"),
        ({"iss": None}, "Issuer doesn't match"),
        ({"aud": "app-3"}, "audience"),
        ({"aud": ["app-3", AUDIENCE]}, "audience"),
        ({"aud": ["app-3", AUDIENCE], "azp": "app-3"}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": {"app-1": 1}}, "audience"),
        ({"exp": NOON}, f"Token expired: {NOON} >= {NOON}"),
        ({"exp": "9999999999"}, "Not a valid"),
        ({"exp": None}, "Not a valid"),
        ({"exp": True}, "Not a valid"),
        ({"nbf": NOON + 301}, "not valid yet"),
        ({"iat": NOON + 301}, "not valid yet"),
        ({"sub": ""}, "Not a valid"),
        ({"sub": 7}, "Not a valid"),
        ({"sub": "x" * 256}, "Not a valid"),
        ({"sub": "ada\0"}, "Not a valid"),
        ({"sub": "ada\nroot"}, "Not a valid"),
        ({"sub": "\ud800"}, "Not a valid"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(changes, words):
    key = RSA
    body = json.dumps({name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}).encode()
    token = jwt.api_jws.encode(body, key, algorithm="RS256", headers={"kid": "1"})
    with pytest.raises(LoginRefused, match=words):
        verify(token)


def test_of_several_audiences_the_token_must_be_made_for_us():
    token = signed(RSA, {**CLAIMS, "aud": ["app-3", AUDIENCE], "azp": AUDIENCE})
    assert verify(token)[0] == AUDIENCE


def test_another_key_is_no_key():
    for token in (signed(OTHER, CLAIMS), signed(RSA, CLAIMS, kid="2")):
        with pytest.raises(LoginRefused, match=r"signature|verify"):
            verify(token)


def test_the_public_key_is_no_hmac_secret():
    secret = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"1"}').rstrip(b"=")
    body = base64.urlsafe_b64encode(json.dumps(CLAIMS).encode()).rstrip(b"=")
    import hmac

    mac = base64.urlsafe_b64encode(hmac.digest(secret, head + b"." + body, "sha256")).rstrip(b"=")
    with pytest.raises(LoginRefused, match="Not a valid"):
        verify(b".".join((head, body, mac)).decode())


@pytest.mark.parametrize(
    "members",
    [{"use": "enc"}, {"alg": "RS512"}, {"kty": "oct", "k": "AAAA"}, {"n": "AQAB"}, {"n": 7}, {"e": None}],
    ids=["for encryption", "for another algorithm", "symmetric", "short", "no number", "no exponent"],
)
def test_a_key_that_is_not_for_this_proves_nothing(members):
    with pytest.raises(LoginRefused):
        verify(signed(RSA, CLAIMS), {**public_jwk(RSA), **members})


@pytest.mark.parametrize(
    "header",
    [{"kid": 7}, {"alg": "none"}, {"alg": "RS1"}, {"alg": ["RS256"]}, {"alg": None}],
    ids=str,
)
def test_a_strange_header_is_refused(header):
    head, body, mac = signed(RSA, CLAIMS).split(".")
    read = {**json.loads(base64.urlsafe_b64decode(head + "==")), **header}
    head = base64.urlsafe_b64encode(json.dumps(read).encode()).decode().rstrip("=")
    with pytest.raises(LoginRefused):
        verify(f"{head}.{body}.{mac}")


def test_a_header_that_must_be_understood_is_refused_though_it_is_signed():
    for critical in (["exp"], ["b64"]):
        with pytest.raises(LoginRefused):
            verify(signed(RSA, CLAIMS, crit=critical))


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        "a.b.c",
        "ü.ü.ü",
        "e30.e30.",
        "W10.W10.x",
        "x" * 20_000,
        base64.b64encode(b"[" * 6000).decode() + ".e30.x",
    ],
    ids=["empty", "two parts", "no base64", "not ascii", "nothing", "lists", "huge", "deep"],
)
def test_what_is_no_token_is_refused(token):
    with pytest.raises(LoginRefused):
        verify(token)
