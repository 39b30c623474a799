"""Registering, and recovering a forgotten password, without being signed in."""

from dataclasses import dataclass

from app.aws.call import Call
from app.aws.operations import Answer, operation
from app.blueprints.user_pools.access import check_secret_hash, client_of, conceal
from app.blueprints.user_pools.rendering import attributes_in, delivery_details
from app.core.clients.model import Client
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.sign_up.model import Registration
from app.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpOperations:
    services: Services

    @operation("SignUp")
    def sign_up(self, call: Call) -> Answer:
        """Says so where the name is taken, as Cognito does whatever PreventUserExistenceErrors says."""
        pool, client = self._client(call)
        password = call.input.get("Password")
        registered = self.services.sign_up.register(
            pool,
            client,
            Registration(
                username=call.input["Username"],
                password=Secret(password) if password else None,
                attributes=attributes_in(call),
            ),
            call.caller,
        )
        signs_in = registered.session is not None and client.allows("USER_AUTH")
        return {
            "UserConfirmed": registered.confirmed,
            "UserSub": registered.user_sub,
            "CodeDeliveryDetails": delivery_details(registered.destination),
            "Session": registered.session.reveal() if registered.session and signs_in else None,
        }

    @operation("ConfirmSignUp")
    def confirm_sign_up(self, call: Call) -> Answer:
        pool, client = self._client(call)
        self.services.sign_up.confirm(
            pool,
            client,
            call.input["Username"],
            Secret(call.input["ConfirmationCode"]),
            call.caller,
            force_alias=call.input.get("ForceAliasCreation", False),
            conceal=conceal(client),
        )
        # The Session of the sign-up signs in from now on.
        return {"Session": call.input.get("Session") if client.allows("USER_AUTH") else None}

    @operation("ResendConfirmationCode")
    def resend_confirmation_code(self, call: Call) -> Answer:
        pool, client = self._client(call)
        destination = self.services.sign_up.resend(
            pool, client, call.input["Username"], call.caller, conceal=conceal(client)
        )
        return {"CodeDeliveryDetails": delivery_details(destination)}

    @operation("ForgotPassword")
    def forgot_password(self, call: Call) -> Answer:
        pool, client = self._client(call)
        destination = self.services.recovery.forgot(
            pool, client, call.input["Username"], call.caller, conceal=conceal(client)
        )
        return {"CodeDeliveryDetails": delivery_details(destination)}

    @operation("ConfirmForgotPassword")
    def confirm_forgot_password(self, call: Call) -> Answer:
        pool, client = self._client(call)
        self.services.recovery.reset(
            pool,
            client,
            call.input["Username"],
            Secret(call.input["ConfirmationCode"]),
            Secret(call.input["Password"]),
            call.caller,
            conceal=conceal(client),
        )
        return {}

    def _client(self, call: Call) -> tuple[Pool, Client]:
        pool, client = client_of(self.services, call)
        check_secret_hash(client, call.input["Username"], call.input.get("SecretHash"))
        return pool, client
