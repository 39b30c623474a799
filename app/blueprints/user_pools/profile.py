"""What signed-in users do with their own account; an access token says who they are."""

from dataclasses import dataclass

from app.aws.call import Call
from app.aws.operations import Answer, operation
from app.blueprints.user_pools.access import signed_in
from app.blueprints.user_pools.rendering import attribute_list, attributes_in, delivery_details, factors_of
from app.core.kernel.secret import Secret
from app.core.users.attributes import readable_by
from app.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    services: Services

    @operation("GetUser")
    def get_user(self, call: Call) -> Answer:
        """What the client may read, and nothing else."""
        access = signed_in(self.services, call)
        return {
            "Username": access.user.username,
            "UserAttributes": attribute_list(readable_by(access.client, access.user)),
            **factors_of(access.user),
        }

    @operation("UpdateUserAttributes")
    def update_user_attributes(self, call: Call) -> Answer:
        access = signed_in(self.services, call)
        sent = self.services.account.change_attributes(
            access.pool, access.client, access.user, attributes_in(call), call.caller
        )
        return {"CodeDeliveryDetailsList": [delivery_details(destination) for destination in sent]}

    @operation("DeleteUserAttributes")
    def delete_user_attributes(self, call: Call) -> Answer:
        access = signed_in(self.services, call)
        gone = dict.fromkeys(call.input["UserAttributeNames"], "")
        self.services.account.change_attributes(access.pool, access.client, access.user, gone, call.caller)
        return {}

    @operation("GetUserAttributeVerificationCode")
    def get_user_attribute_verification_code(self, call: Call) -> Answer:
        access = signed_in(self.services, call)
        destination = self.services.account.send_code(
            access.pool, access.client, access.user, call.input["AttributeName"], call.caller
        )
        return {"CodeDeliveryDetails": delivery_details(destination)}

    @operation("VerifyUserAttribute")
    def verify_user_attribute(self, call: Call) -> Answer:
        access = signed_in(self.services, call)
        code = Secret(call.input["Code"])
        self.services.account.verify(
            access.pool, access.client, access.user, call.input["AttributeName"], code, call.caller
        )
        return {}

    @operation("ChangePassword")
    def change_password(self, call: Call) -> Answer:
        access = signed_in(self.services, call)
        old = call.input.get("PreviousPassword")
        self.services.account.change_password(
            access.pool,
            access.client,
            access.user,
            None if old is None else Secret(old),
            Secret(call.input["ProposedPassword"]),
            call.caller,
        )
        return {}

    @operation("DeleteUser")
    def delete_user(self, call: Call) -> Answer:
        access = signed_in(self.services, call)
        self.services.account.delete(access.pool, access.client, access.user, call.caller)
        return {}
