"""What tests ask of STS, and what they read in its answers."""

import base64
import json

from tests.support.identity_house import provider_of

ACCOUNT = "123456789012"


def open_id_token(ids, client, pool, username="ada"):
    logins = {provider_of(client): ids.id_token(client, username)}
    identity_id = ids.get_id(pool, logins)
    return ids.anyone.get_open_id_token(IdentityId=identity_id, Logins=logins)["Token"]


def claims_of(token):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def assume(anyone, role, token, **more):
    return anyone.assume_role_with_web_identity(
        **{"RoleArn": role, "RoleSessionName": "ada@laptop", "WebIdentityToken": token, **more}
    )


def as_holder(house, answer, service="sts"):
    given = answer["Credentials"]
    return house.client(given["AccessKeyId"], given["SecretAccessKey"], token=given["SessionToken"], service=service)


def session_of(house, answer):
    given = answer["Credentials"]
    return house.services.temporary_keys.open(given["AccessKeyId"], given["SessionToken"]).session
