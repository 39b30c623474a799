"""The JavaScript libraries that Cognito's own applications use, with only their endpoint changed."""

import json
from typing import Any

import pytest

from app.core.clients.model import Client
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from tests.support.house import PASSWORD, House
from tests.support.node import Node

NEXT_PASSWORD = "Another-horse-8-battery"
FLOWS = ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]


def an_application(home: House, name: str, **pool_settings: Any) -> tuple[Pool, Client]:
    """A pool where the e-mail address is the username, with second factors offered, and a public client."""
    with home.services() as services:
        pool = services.pools.create(
            account_id="123456789012",
            region="us-east-1",
            name=name,
            settings={"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"], **pool_settings},
        )
        client = services.clients.create(pool, name, {"ExplicitAuthFlows": FLOWS})
    return pool, client


def a_person(home: House, pool: Pool, address: str) -> str:
    with home.services() as services:
        attributes = {"email": address, "email_verified": "true"}
        services.users.create(pool, address, attributes, permanent_password=Secret(PASSWORD))
    return address


def offer_totp(home: House, pool: Pool) -> None:
    home.idp.set_user_pool_mfa_config(
        UserPoolId=pool.pool_id,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
    )


@pytest.mark.stores("sqlite")
def test_identity_js_goes_the_whole_way(home: House, node: Node) -> None:
    devices = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}
    pool, client = an_application(home, "identity-js", DeviceConfiguration=devices)
    offer_totp(home, pool)
    username = a_person(home, pool, "jo@example.com")
    given = {
        "endpoint": f"{home.url}/",
        "pool": pool.pool_id,
        "client": client.client_id,
        "username": username,
        "password": PASSWORD,
        "nextPassword": NEXT_PASSWORD,
    }
    told = node.run("identity_js.mjs", json.dumps(given))

    assert told["wrongPassword"] == ["failure", "NotAuthorizedException", "Incorrect username or password."]
    assert told["first"] == "success"
    assert told["scope"] == "aws.cognito.signin.user.admin"
    assert told["tokenUse"] == ["access", "id"]
    assert told["email"] == username
    assert told["deviceKey"].startswith("us-east-1_")
    assert told["confirmationNecessary"] is True
    assert told["attributes"]["email_verified"] == "true"
    assert told["updated"] == told["remembered"] == told["preference"] == "SUCCESS"
    assert told["totpVerified"] == "SUCCESS"
    assert told["refreshed"] is True
    assert told["onTrustedDevice"] == "success"
    assert told["elsewhere"] == "totp"
    assert told["secondFactor"] == "success"
    assert told["passwordChanged"] == told["signedOut"] == "SUCCESS"
    # What must be refused.
    assert told["wrongTotp"] == "EnableSoftwareTokenMFAException"
    assert told["badCode"] == "CodeMismatchException"
    assert told["afterGlobalSignOut"] == "NotAuthorizedException"


@pytest.mark.stores("postgres-redis")
def test_amplify_goes_the_whole_way(home: House, node: Node) -> None:
    pool, client = an_application(home, "amplify")
    offer_totp(home, pool)
    given = {
        "endpoint": f"{home.url}/",
        "pool": pool.pool_id,
        "client": client.client_id,
        "username": a_person(home, pool, "ann@example.com"),
        "other": a_person(home, pool, "bea@example.com"),
        "fresh": "cleo@example.com",
        "password": PASSWORD,
        "nextPassword": NEXT_PASSWORD,
    }
    told = node.run("amplify.mjs", json.dumps(given))

    assert told["first"] == "DONE"
    assert told["scope"] == "aws.cognito.signin.user.admin"
    assert told["currentUser"] is True
    assert told["attributes"]["email"] == "ann@example.com"
    assert told["changed"] is True
    assert told["refreshed"] is True
    assert told["devices"] == 0
    assert told["second"] == "CONFIRM_SIGN_IN_WITH_TOTP_CODE"
    assert told["confirmed"] == "DONE"
    assert told["plain"] is True
    assert told["choice"] == ["CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION", ["PASSWORD", "PASSWORD_SRP"]]
    assert told["chosen"] == "DONE"
    assert told["signUp"] == "CONFIRM_SIGN_UP"
    # What must be refused.
    assert told["wrongPassword"] == "NotAuthorizedException"
    assert told["wrongTotp"] == "EnableSoftwareTokenMFAException"
    assert told["badCode"] == "CodeMismatchException"
    assert told["signedOut"] == "UserUnAuthenticatedException"
    assert told["wrongConfirmation"] == "CodeMismatchException"
