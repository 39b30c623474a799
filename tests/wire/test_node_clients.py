"""JavaScript's most used client, certified by the OpenID Foundation, against the server as its operator runs it."""

import json

import pytest

from tests.support.house import CALLBACK, LOGGED_OUT, PASSWORD, House
from tests.support.node import Node


@pytest.mark.spec("OpenID Connect Core §3.1")
@pytest.mark.parametrize(
    "method",
    [
        pytest.param("none", marks=pytest.mark.stores("sqlite")),
        pytest.param("post", marks=pytest.mark.stores("sqlite")),
        pytest.param("basic", marks=pytest.mark.stores("postgres-redis")),
    ],
)
def test_openid_client_goes_the_whole_way(home: House, node: Node, method):
    tenant = home.tenant(f"node-{method}")
    client = tenant.public if method == "none" else tenant.confidential
    given = {
        "issuer": home.issuer(tenant),
        "clientId": client.client_id,
        "secret": None if method == "none" else tenant.secret,
        "method": method,
        "callback": CALLBACK,
        "loggedOut": LOGGED_OUT,
        "username": tenant.username,
        "password": PASSWORD,
    }
    told = node.run("openid_client.mjs", json.dumps(given))

    assert told["supportsPkce"] is True
    assert told["supportsIss"] is True
    assert told["nonceHeld"] is True
    assert told["claims"]["email"] == tenant.username
    assert told["claims"]["email_verified"] is True
    assert told["renewed"]["sub"] == told["claims"]["sub"]
    assert told["info"] == told["infoAgain"]
    assert told["info"]["email_verified"] is True
    assert told["silentSecondSignIn"] is True
    assert told["out"] == LOGGED_OUT
    assert told["afterwards"] == "/login"
    # What the client must refuse by itself, and what the server must.
    assert told["missingIss"] == told["otherIss"] == "OAUTH_INVALID_RESPONSE"
    assert told["wrongNonce"] == "OAUTH_JWT_CLAIM_COMPARISON_FAILED"
    assert told["wrongVerifier"] == "invalid_grant"
    assert told["refreshRefused"] == "invalid_grant"
    assert told["afterRevocation"] == "OAUTH_WWW_AUTHENTICATE_CHALLENGE"
