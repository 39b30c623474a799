"""Remembered devices through stock boto3."""

from base64 import b64encode
from dataclasses import dataclass

import pytest

from app.core.clients.model import Client
from app.core.devices.model import NewDevice
from app.core.factors.srp import N
from app.core.kernel.caller import Caller
from app.core.pools.model import Pool
from app.core.users.model import User
from tests.support.aws_house import AwsHouse
from tests.support.signed_in import access_token_of

REMEMBERING = {"DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}}
ASKING = {"DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}}
SECRET = {"PasswordVerifier": b64encode(bytes([7]) * 384).decode(), "Salt": b64encode(bytes([5]) * 16).decode()}
NO_KEY = "us-east-1_00000000-0000-4000-8000-000000000000"


@dataclass
class Ada:
    house: AwsHouse
    pool: Pool
    client: Client
    user: User
    token: str

    def offer(self) -> NewDevice:
        return self.house.services.devices.offer(self.pool, self.user)

    def confirm(self, key: str, secret: dict = SECRET, **more: str) -> dict:
        return self.house.unsigned.confirm_device(
            AccessToken=self.token, DeviceKey=key, DeviceSecretVerifierConfig=secret, **more
        )

    def confirmed(self, **more: str) -> str:
        key = self.offer().device_key
        self.confirm(key, **more)
        return key

    def attributes(self, key: str) -> dict[str, str]:
        found = self.house.unsigned.get_device(AccessToken=self.token, DeviceKey=key)["Device"]
        return {one["Name"]: one["Value"] for one in found["DeviceAttributes"]}

    @property
    def named(self) -> dict[str, str]:
        return {"UserPoolId": self.pool.pool_id, "Username": "ada"}

    def refused(self, name: str):
        return pytest.raises(getattr(self.house.unsigned.exceptions, name))


def someone(house: AwsHouse, **settings: object) -> Ada:
    pool = house.pool(**settings)
    client, user = house.app_client(pool), house.user(pool)
    return Ada(house, pool, client, user, access_token_of(house.services, pool, client, user))


@pytest.fixture
def ada(house):
    return someone(house, **REMEMBERING)


@pytest.mark.operation("ConfirmDevice")
@pytest.mark.operation("GetDevice")
@pytest.mark.operation("ListDevices")
def test_a_confirmed_device_is_remembered(ada):
    offered = ada.offer()
    assert offered.device_key.startswith("us-east-1_")
    assert len(offered.group_key) == 9
    assert ada.confirm(offered.device_key, DeviceName="laptop")["UserConfirmationNecessary"] is False
    assert ada.attributes(offered.device_key) == {
        "device_status": "valid",
        "device_name": "laptop",
        "dev:device_remembered_status": "remembered",
        "last_ip_used": "127.0.0.1",
    }
    [listed] = ada.house.unsigned.list_devices(AccessToken=ada.token)["Devices"]
    assert listed["DeviceKey"] == offered.device_key
    assert listed["DeviceCreateDate"].timestamp() == ada.house.clock.now()
    found = ada.house.services.devices.find(ada.pool, ada.user.sub, offered.device_key)
    assert (found.verifier, found.salt, found.group_key) == (bytes([7]) * 384, bytes([5]) * 16, offered.group_key)


@pytest.mark.operation("UpdateDeviceStatus")
def test_where_users_are_asked_they_decide(house):
    ada = someone(house, **ASKING)
    key = ada.offer().device_key
    assert ada.confirm(key)["UserConfirmationNecessary"] is True
    assert ada.attributes(key)["dev:device_remembered_status"] == "not_remembered"
    house.unsigned.update_device_status(AccessToken=ada.token, DeviceKey=key, DeviceRememberedStatus="remembered")
    assert ada.attributes(key)["dev:device_remembered_status"] == "remembered"
    house.unsigned.update_device_status(AccessToken=ada.token, DeviceKey=key, DeviceRememberedStatus="not_remembered")
    assert ada.attributes(key)["dev:device_remembered_status"] == "not_remembered"


@pytest.mark.operation("ConfirmDevice", "DeviceKeyExistsException")
def test_a_device_is_confirmed_once(ada):
    key = ada.confirmed()
    with ada.refused("DeviceKeyExistsException"):
        ada.confirm(key)


@pytest.mark.operation("ConfirmDevice", "ResourceNotFoundException")
def test_a_key_that_was_not_offered_to_the_user_is_nobodys(ada):
    with ada.refused("ResourceNotFoundException"):
        ada.confirm(NO_KEY)
    bob = ada.house.user(ada.pool, "bob")
    theirs = ada.house.services.devices.offer(ada.pool, bob).device_key
    with ada.refused("ResourceNotFoundException"):
        ada.confirm(theirs)


@pytest.mark.operation("ConfirmDevice", "InvalidUserPoolConfigurationException")
def test_a_pool_that_remembers_none_confirms_none(house):
    ada = someone(house)
    with ada.refused("InvalidUserPoolConfigurationException"):
        ada.confirm(ada.offer().device_key)


@pytest.mark.operation("ConfirmDevice", "InvalidParameterException")
@pytest.mark.parametrize(
    "secret",
    [
        {},
        {"Salt": SECRET["Salt"]},
        {**SECRET, "PasswordVerifier": "*"},
        {**SECRET, "PasswordVerifier": b64encode(b"\0").decode()},
        {**SECRET, "PasswordVerifier": b64encode(b"\1").decode()},
        {**SECRET, "PasswordVerifier": b64encode(N.to_bytes(384, "big")).decode()},
        {**SECRET, "PasswordVerifier": b64encode(bytes(1) + (N - 1).to_bytes(384, "big")).decode()},
        {**SECRET, "Salt": ""},
        {**SECRET, "Salt": b64encode(bytes(65)).decode()},
    ],
)
def test_a_verifier_that_any_secret_would_fit_is_refused(ada, secret):
    with ada.refused("InvalidParameterException"):
        ada.confirm(ada.offer().device_key, secret)


@pytest.mark.operation("GetDevice", "ResourceNotFoundException")
@pytest.mark.operation("UpdateDeviceStatus", "ResourceNotFoundException")
@pytest.mark.operation("ForgetDevice", "ResourceNotFoundException")
def test_a_device_that_waits_or_is_somebody_elses_is_not_there(ada):
    bob = ada.house.user(ada.pool, "bob")
    bobs = Ada(ada.house, ada.pool, ada.client, bob, access_token_of(ada.house.services, ada.pool, ada.client, bob))
    theirs = bobs.confirmed()
    for key in (ada.offer().device_key, theirs, NO_KEY):
        with ada.refused("ResourceNotFoundException"):
            ada.house.unsigned.get_device(AccessToken=ada.token, DeviceKey=key)
        with ada.refused("ResourceNotFoundException"):
            ada.house.unsigned.update_device_status(
                AccessToken=ada.token, DeviceKey=key, DeviceRememberedStatus="remembered"
            )
    with ada.refused("ResourceNotFoundException"):
        ada.house.unsigned.forget_device(AccessToken=ada.token, DeviceKey=theirs)
    assert len(ada.house.unsigned.list_devices(AccessToken=ada.token)["Devices"]) == 0
    assert bobs.attributes(theirs)["device_status"] == "valid"


@pytest.mark.operation("ForgetDevice")
def test_a_forgotten_device_takes_its_own_sessions_with_it_and_no_other(ada):
    key, other = ada.confirmed(), ada.confirmed()
    tokens = {}
    for name, bound in [("its", key), ("others", other)]:
        tokens[name] = access_token_of(ada.house.services, ada.pool, ada.client, ada.user)
        session = ada.house.services.tokens.verify_access(tokens[name]).session
        ada.house.services.tokens.store.bind_once(ada.pool.pool_id, session.origin_jti, "device_key", bound)
    ada.house.unsigned.forget_device(AccessToken=ada.token, DeviceKey=key)
    with ada.refused("NotAuthorizedException") as told:
        ada.house.unsigned.list_devices(AccessToken=tokens["its"])
    assert told.value.response["Error"]["Message"] == "Access Token has been revoked"
    [left] = ada.house.unsigned.list_devices(AccessToken=tokens["others"])["Devices"]
    assert left["DeviceKey"] == other
    assert ada.house.services.devices.find(ada.pool, ada.user.sub, key) is None


@pytest.mark.operation("AdminGetDevice")
@pytest.mark.operation("AdminListDevices")
@pytest.mark.operation("AdminUpdateDeviceStatus")
@pytest.mark.operation("AdminForgetDevice")
def test_an_administrator_sees_and_forgets_the_devices_of_anybody(ada):
    key, idp = ada.confirmed(DeviceName="laptop"), ada.house.idp
    idp.admin_update_device_status(**ada.named, DeviceKey=key, DeviceRememberedStatus="not_remembered")
    found = idp.admin_get_device(**ada.named, DeviceKey=key)["Device"]
    assert {"Name": "dev:device_remembered_status", "Value": "not_remembered"} in found["DeviceAttributes"]
    assert [one["DeviceKey"] for one in idp.admin_list_devices(**ada.named)["Devices"]] == [key]
    idp.admin_forget_device(**ada.named, DeviceKey=key)
    assert idp.admin_list_devices(**ada.named)["Devices"] == []


@pytest.mark.operation("AdminGetDevice", "ResourceNotFoundException")
@pytest.mark.operation("AdminForgetDevice", "ResourceNotFoundException")
@pytest.mark.operation("AdminUpdateDeviceStatus", "ResourceNotFoundException")
def test_an_administrator_finds_no_device_that_is_not_there(ada):
    for name, more in [
        ("admin_get_device", {}),
        ("admin_forget_device", {}),
        ("admin_update_device_status", {"DeviceRememberedStatus": "remembered"}),
    ]:
        with ada.refused("ResourceNotFoundException"):
            getattr(ada.house.idp, name)(**ada.named, DeviceKey=NO_KEY, **more)


@pytest.mark.operation("AdminForgetDevice", "UserNotFoundException")
@pytest.mark.operation("AdminUpdateDeviceStatus", "UserNotFoundException")
def test_nobody_has_no_devices(ada):
    nobody = {"UserPoolId": ada.pool.pool_id, "Username": "nobody"}
    with ada.refused("UserNotFoundException"):
        ada.house.idp.admin_forget_device(**nobody, DeviceKey=NO_KEY)
    with ada.refused("UserNotFoundException"):
        ada.house.idp.admin_update_device_status(**nobody, DeviceKey=NO_KEY, DeviceRememberedStatus="remembered")
    with ada.refused("ResourceNotFoundException"):
        ada.house.idp.admin_list_devices(**nobody)


@pytest.mark.operation("UpdateDeviceStatus", "InvalidParameterException")
@pytest.mark.operation("AdminUpdateDeviceStatus", "InvalidParameterException")
def test_a_status_must_be_said(ada):
    key = ada.confirmed()
    with ada.refused("InvalidParameterException"):
        ada.house.unsigned.update_device_status(AccessToken=ada.token, DeviceKey=key)
    with ada.refused("InvalidParameterException"):
        ada.house.idp.admin_update_device_status(**ada.named, DeviceKey=key)


def test_a_list_comes_in_pages_that_are_good_for_their_user_alone(ada):
    keys = {ada.confirmed() for _ in range(3)}
    first = ada.house.unsigned.list_devices(AccessToken=ada.token, Limit=2)
    rest = ada.house.unsigned.list_devices(AccessToken=ada.token, Limit=2, PaginationToken=first["PaginationToken"])
    assert {one["DeviceKey"] for one in first["Devices"] + rest["Devices"]} == keys
    assert "PaginationToken" not in rest
    bob = ada.house.user(ada.pool, "bob")
    token = access_token_of(ada.house.services, ada.pool, ada.client, bob)
    with ada.refused("InvalidParameterException"):
        ada.house.unsigned.list_devices(AccessToken=token, Limit=2, PaginationToken=first["PaginationToken"])


@pytest.mark.operation("ConfirmDevice", "NotAuthorizedException")
@pytest.mark.operation("GetDevice", "NotAuthorizedException")
@pytest.mark.operation("ForgetDevice", "NotAuthorizedException")
@pytest.mark.operation("ListDevices", "NotAuthorizedException")
def test_a_stranger_has_no_devices(ada):
    stranger = Ada(ada.house, ada.pool, ada.client, ada.user, "a.b.c")
    with ada.refused("NotAuthorizedException"):
        stranger.confirmed()
    with ada.refused("NotAuthorizedException"):
        ada.house.unsigned.get_device(DeviceKey=NO_KEY)
    with ada.refused("NotAuthorizedException"):
        ada.house.unsigned.forget_device(DeviceKey=NO_KEY)
    with ada.refused("NotAuthorizedException"):
        ada.house.unsigned.list_devices(AccessToken="a.b.c")


def test_offers_that_nobody_confirmed_make_room(ada):
    first = ada.offer().device_key
    kept = ada.confirmed()
    ada.house.clock.advance(days=2)
    second = ada.offer().device_key
    find = ada.house.services.devices.find
    assert find(ada.pool, ada.user.sub, first) is None
    assert find(ada.pool, ada.user.sub, kept) is not None
    assert find(ada.pool, ada.user.sub, second) is not None


def test_a_device_tells_when_and_from_where_it_was_last_used(ada):
    key = ada.confirmed()
    ada.house.clock.advance(hours=1)
    devices = ada.house.services.devices
    devices.touch(ada.pool, devices.get(ada.pool, ada.user, key), Caller(address="192.0.2.7"))
    found = ada.house.idp.admin_get_device(**ada.named, DeviceKey=key)["Device"]
    assert found["DeviceLastAuthenticatedDate"].timestamp() == ada.house.clock.now()
    assert {"Name": "last_ip_used", "Value": "192.0.2.7"} in found["DeviceAttributes"]


@pytest.mark.operation("AdminListDevices", "ResourceNotFoundException")
@pytest.mark.operation("AdminDeleteSoftwareToken", "ResourceNotFoundException")
@pytest.mark.operation("AdminSetUserMFAPreference", "ResourceNotFoundException")
@pytest.mark.operation("AdminSetUserSettings", "ResourceNotFoundException")
@pytest.mark.operation("AdminGetUserAuthFactors", "ResourceNotFoundException")
@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("admin_list_devices", {}),
        ("admin_get_device", {"DeviceKey": NO_KEY}),
        ("admin_forget_device", {"DeviceKey": NO_KEY}),
        ("admin_update_device_status", {"DeviceKey": NO_KEY, "DeviceRememberedStatus": "remembered"}),
        ("admin_delete_software_token", {}),
        ("admin_set_user_mfa_preference", {}),
        ("admin_set_user_settings", {"MFAOptions": []}),
        ("admin_get_user_auth_factors", {}),
    ],
)
def test_a_pool_that_does_not_exist_has_nobody(house, name, more):
    with pytest.raises(house.idp.exceptions.ResourceNotFoundException):
        getattr(house.idp, name)(UserPoolId="us-east-1_doesnotex", Username="ada", **more)
