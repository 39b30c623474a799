"""Users as an administrator manages them; ``Username`` is any name of the user, an alias or the sub too."""

from dataclasses import dataclass

from app.aws.call import Call
from app.aws.operations import Answer, operation
from app.blueprints.user_pools.access import pool_of
from app.blueprints.user_pools.rendering import attribute_list, attributes_in, factors_of, user_type
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.users.model import User
from app.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministeredUsers:
    services: Services

    @operation("AdminCreateUser")
    def admin_create_user(self, call: Call) -> Answer:
        pool = pool_of(self.services, call)
        given, action = call.input.get("TemporaryPassword"), call.input.get("MessageAction")
        temporary = None if given is None else Secret(given)
        mediums = call.input.get("DesiredDeliveryMediums", ())
        if action == "RESEND":
            user = self.services.users.invite_again(
                pool, call.input["Username"], temporary_password=temporary, mediums=mediums
            )
            return {"User": user_type(pool, user)}
        attributes = attributes_in(call)
        addressed = pool.settings.username_attributes or attributes.get("email") or attributes.get("phone_number")
        user = self.services.users.create(
            pool,
            call.input["Username"],
            attributes,
            temporary_password=temporary,
            # Nobody can be written to who has no address; Cognito creates the user all the same.
            send_invitation=action != "SUPPRESS" and bool(addressed),
            force_alias=call.input.get("ForceAliasCreation", False),
            mediums=mediums,
        )
        return {"User": user_type(pool, user)}

    @operation("AdminGetUser")
    def admin_get_user(self, call: Call) -> Answer:
        _, user = self._user(call)
        return {
            "Username": user.username,
            "UserAttributes": attribute_list({"sub": user.sub, **user.attributes}),
            "UserCreateDate": user.created_at,
            "UserLastModifiedDate": user.updated_at,
            "Enabled": user.enabled,
            "UserStatus": user.status.value,
            **factors_of(user),
        }

    @operation("AdminUpdateUserAttributes")
    def admin_update_user_attributes(self, call: Call) -> Answer:
        pool, user = self._user(call)
        self.services.account.attributes.change(pool, None, user, attributes_in(call), call.caller)
        return {}

    @operation("AdminDeleteUserAttributes")
    def admin_delete_user_attributes(self, call: Call) -> Answer:
        pool, user = self._user(call)
        gone = dict.fromkeys(call.input["UserAttributeNames"], "")
        self.services.account.attributes.change(pool, None, user, gone, call.caller)
        return {}

    @operation("AdminConfirmSignUp")
    def admin_confirm_sign_up(self, call: Call) -> Answer:
        self.services.users.confirm(pool_of(self.services, call), call.input["Username"])
        return {}

    @operation("AdminEnableUser")
    def admin_enable_user(self, call: Call) -> Answer:
        self.services.users.enable(pool_of(self.services, call), call.input["Username"])
        return {}

    @operation("AdminDisableUser")
    def admin_disable_user(self, call: Call) -> Answer:
        self.services.users.disable(pool_of(self.services, call), call.input["Username"])
        return {}

    @operation("AdminDeleteUser")
    def admin_delete_user(self, call: Call) -> Answer:
        self.services.users.delete(pool_of(self.services, call), call.input["Username"])
        return {}

    @operation("AdminSetUserPassword")
    def admin_set_user_password(self, call: Call) -> Answer:
        pool, password = pool_of(self.services, call), Secret(call.input["Password"])
        permanent = call.input.get("Permanent", False)
        self.services.users.set_password(pool, call.input["Username"], password, permanent=permanent)
        return {}

    @operation("AdminResetUserPassword")
    def admin_reset_user_password(self, call: Call) -> Answer:
        pool, user = self._user(call)
        self.services.recovery.require_reset(pool, user, call.caller)
        return {}

    def _user(self, call: Call) -> tuple[Pool, User]:
        pool = pool_of(self.services, call)
        return pool, self.services.users.get(pool, call.input["Username"])
