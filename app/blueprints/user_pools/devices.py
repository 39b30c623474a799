from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.errors import AwsError
from app.aws.listing import list_page
from app.aws.operations import operation
from app.blueprints.user_pools.access import pool_of, signed_in
from app.core.devices.model import Device
from app.core.kernel.errors import InvalidParameter
from app.core.pools.model import Pool
from app.core.users.model import User
from app.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """Devices: a signed-in user's own, and anybody's for an administrator."""

    services: Services

    @operation("ConfirmDevice")
    def confirm_device(self, call: Call) -> Mapping[str, Any]:
        pool, user = self._own(call)
        secret = call.input.get("DeviceSecretVerifierConfig", {})
        if not {"PasswordVerifier", "Salt"} <= secret.keys():
            raise InvalidParameter("DeviceSecretVerifierConfig needs a PasswordVerifier and a Salt.")
        device = self.services.devices.confirm(
            pool,
            user,
            call.input["DeviceKey"],
            secret["PasswordVerifier"],
            secret["Salt"],
            call.input.get("DeviceName"),
            call.caller,
        )
        return {"UserConfirmationNecessary": not device.remembered}

    @operation("UpdateDeviceStatus")
    def update_device_status(self, call: Call) -> Mapping[str, Any]:
        return self._update(call, *self._own(call))

    @operation("AdminUpdateDeviceStatus")
    def admin_update_device_status(self, call: Call) -> Mapping[str, Any]:
        return self._update(call, *self._named(call))

    @operation("GetDevice")
    def get_device(self, call: Call) -> Mapping[str, Any]:
        return self._get(call, *self._own(call))

    @operation("AdminGetDevice")
    def admin_get_device(self, call: Call) -> Mapping[str, Any]:
        return self._get(call, *self._named(call))

    @operation("ListDevices")
    def list_devices(self, call: Call) -> Mapping[str, Any]:
        return self._list(call, *self._own(call))

    @operation("AdminListDevices")
    def admin_list_devices(self, call: Call) -> Mapping[str, Any]:
        return self._list(call, *self._named(call))

    @operation("ForgetDevice")
    def forget_device(self, call: Call) -> Mapping[str, Any]:
        return self._forget(call, *self._own(call))

    @operation("AdminForgetDevice")
    def admin_forget_device(self, call: Call) -> Mapping[str, Any]:
        return self._forget(call, *self._named(call))

    def _own(self, call: Call) -> tuple[Pool, User]:
        if "AccessToken" not in call.input:
            raise AwsError("NotAuthorizedException", "Invalid Access Token")
        found = signed_in(self.services, call)
        return found.pool, found.user

    def _named(self, call: Call) -> tuple[Pool, User]:
        pool = pool_of(self.services, call)
        return pool, self.services.users.get(pool, call.input["Username"])

    def _update(self, call: Call, pool: Pool, user: User) -> Mapping[str, Any]:
        status = call.input.get("DeviceRememberedStatus")
        if status is None:
            raise InvalidParameter("DeviceRememberedStatus must be remembered or not_remembered.")
        self.services.devices.set_remembered(
            pool, user, call.input["DeviceKey"], call.caller, remembered=status == "remembered"
        )
        return {}

    def _get(self, call: Call, pool: Pool, user: User) -> Mapping[str, Any]:
        return {"Device": _device_type(self.services.devices.get(pool, user, call.input["DeviceKey"]))}

    def _list(self, call: Call, pool: Pool, user: User) -> Mapping[str, Any]:
        shown, token = list_page(
            self.services,
            call,
            bound={"pool": pool.pool_id, "sub": user.sub},
            limit=call.input.get("Limit"),
            most=60,
            fetch=lambda after, most: self.services.devices.list_page(pool, user, after=after or "", limit=most),
            position_of=lambda device: device.device_key,
            member="PaginationToken",
        )
        return {"Devices": [_device_type(device) for device in shown], "PaginationToken": token}

    def _forget(self, call: Call, pool: Pool, user: User) -> Mapping[str, Any]:
        self.services.devices.forget(pool, user, call.input["DeviceKey"], call.caller)
        return {}


def _device_type(device: Device) -> dict[str, Any]:
    attributes = {
        "device_status": "valid",
        "device_name": device.name,
        "dev:device_remembered_status": "remembered" if device.remembered else "not_remembered",
        "last_ip_used": device.last_address,
    }
    return {
        "DeviceKey": device.device_key,
        "DeviceAttributes": [{"Name": name, "Value": value} for name, value in attributes.items() if value],
        "DeviceCreateDate": device.created_at,
        "DeviceLastModifiedDate": device.modified_at,
        "DeviceLastAuthenticatedDate": device.last_used_at,
    }
