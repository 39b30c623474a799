"""InitiateAuth, RespondToAuthChallenge and their administrators' twins (``auth-flows.md``)."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.aws.call import Call
from app.aws.operations import Answer, operation
from app.blueprints.user_pools.access import admin_client_of, check_secret_hash, client_of, conceal
from app.blueprints.user_pools.challenges import challenge_shown, read_answer, required, step_of, tokens_shown
from app.blueprints.user_pools.refreshing import extend
from app.blueprints.user_pools.relying_party import find_relying_party
from app.core.attempts import steps
from app.core.clients.model import Client
from app.core.kernel.errors import InvalidParameter
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.sign_in.model import Challenge, ChoiceProof, Door, PasswordProof, Proof, SignedIn, SrpProof
from app.services import Services

_SAME = {"ADMIN_NO_SRP_AUTH": "ADMIN_USER_PASSWORD_AUTH", "REFRESH_TOKEN": "REFRESH_TOKEN_AUTH"}
_LEGACY = {"ADMIN_USER_PASSWORD_AUTH": "ADMIN_NO_SRP_AUTH"}
_BY_PASSWORD = {"USER_PASSWORD_AUTH": "api", "ADMIN_USER_PASSWORD_AUTH": "admin"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInOperations:
    services: Services

    @operation("InitiateAuth")
    def initiate_auth(self, call: Call) -> Answer:
        pool, client = client_of(self.services, call)
        if call.input["AuthFlow"].startswith("ADMIN_"):
            raise InvalidParameter("Initiate Auth method not supported.")
        return self._initiate(call, pool, client, "api")

    @operation("AdminInitiateAuth")
    def admin_initiate_auth(self, call: Call) -> Answer:
        pool, client = admin_client_of(self.services, call)
        if call.input["AuthFlow"] == "USER_PASSWORD_AUTH":
            raise InvalidParameter("Initiate Auth method not supported.")
        return self._initiate(call, pool, client, "admin")

    @operation("RespondToAuthChallenge")
    def respond_to_auth_challenge(self, call: Call) -> Answer:
        pool, client = client_of(self.services, call)
        return self._respond(call, pool, client)

    @operation("AdminRespondToAuthChallenge")
    def admin_respond_to_auth_challenge(self, call: Call) -> Answer:
        pool, client = admin_client_of(self.services, call)
        return self._respond(call, pool, client)

    # -- the first request ---------------------------------------------------------------------------------------------

    def _initiate(self, call: Call, pool: Pool, client: Client, door: Door) -> Answer:
        given: Mapping[str, str] = call.input.get("AuthParameters", {})
        flow = _SAME.get(call.input["AuthFlow"], call.input["AuthFlow"])
        _check_allowed(client, flow)
        if flow == "REFRESH_TOKEN_AUTH":
            return self._refresh(call, pool, client, given)
        username = required(given, "USERNAME")
        self._check_hash(pool, client, username, given)
        if flow == "USER_AUTH" and call.input.get("Session"):
            session = Secret(call.input["Session"])
            outcome = self.services.sign_in.after_sign_up(
                pool, client, session, call.caller, username=username, door=door
            )
        else:
            outcome = self.services.sign_in.start(
                pool,
                client,
                _proof(flow, username, given),
                call.caller,
                # Choice-based sign-in conceals always (``auth-flows.md`` §8).
                conceal=flow == "USER_AUTH" or conceal(client),
                door=door,
                device_key=given.get("DEVICE_KEY"),
                relying_party=find_relying_party(self.services, pool),
            )
        return self._shown(call, pool, client, outcome)

    def _refresh(self, call: Call, pool: Pool, client: Client, given: Mapping[str, str]) -> Answer:
        token = Secret(required(given, "REFRESH_TOKEN"))
        family = self.services.tokens.find_family(token)
        if not client.is_public:
            # The hash is over the real name, which the caller need not send.
            own = family.user.username if family is not None and family.user is not None else ""
            check_secret_hash(client, own, given.get("SECRET_HASH"), given.get("USERNAME", own))
        tokens = extend(self.services, call, pool, client, family, given.get("DEVICE_KEY"))
        return {"AuthenticationResult": tokens_shown(tokens), "ChallengeParameters": {}}

    # -- answers -------------------------------------------------------------------------------------------------------

    def _respond(self, call: Call, pool: Pool, client: Client) -> Answer:
        given: Mapping[str, str] = call.input.get("ChallengeResponses", {})
        challenge = call.input["ChallengeName"]
        if challenge == "CUSTOM_CHALLENGE":
            raise InvalidParameter("Custom auth lambda trigger is not configured for the user pool.")
        username = required(given, "USERNAME")
        self._check_hash(pool, client, username, given)
        answer = read_answer(challenge, given)
        if not call.input.get("Session") and challenge not in {steps.PASSWORD_VERIFIER, steps.DEVICE_PASSWORD_VERIFIER}:
            raise InvalidParameter("Missing required parameter Session")
        outcome = self.services.sign_in.answer(
            pool,
            client,
            Secret(call.input.get("Session", "")),
            answer,
            call.caller,
            step=step_of(challenge),
            username=username,
            conceal=conceal(client),
            device_key=given.get("DEVICE_KEY"),
            relying_party=find_relying_party(self.services, pool),
        )
        return self._shown(call, pool, client, outcome)

    def _shown(self, call: Call, pool: Pool, client: Client, outcome: Challenge | SignedIn) -> Answer:
        if isinstance(outcome, Challenge):
            return challenge_shown(outcome, client)
        tokens = self.services.tokens.issue_for_api(
            pool,
            client,
            outcome.user,
            call.caller,
            amr=outcome.amr,
            auth_time=outcome.auth_time,
            device_key=outcome.device_key,
        )
        return {"AuthenticationResult": tokens_shown(tokens, outcome), "ChallengeParameters": {}}

    def _check_hash(self, pool: Pool, client: Client, username: str, given: Mapping[str, str]) -> None:
        """The hash may be over the name as it was typed or as it is stored."""
        if client.is_public:
            return
        user = self.services.users.find(pool, username)
        check_secret_hash(client, username, given.get("SECRET_HASH"), user.username if user else username)


def _check_allowed(client: Client, flow: str) -> None:
    if client.allows(flow) or (flow in _LEGACY and client.allows(_LEGACY[flow])):
        if flow == "CUSTOM_AUTH":
            raise InvalidParameter("Custom auth lambda trigger is not configured for the user pool.")
        return
    if flow in _BY_PASSWORD:
        raise InvalidParameter(f"{flow} flow not enabled for this client")
    raise InvalidParameter("Auth flow not enabled for this client")


def _proof(flow: str, username: str, given: Mapping[str, str]) -> Proof:
    if flow in _BY_PASSWORD:
        return PasswordProof(username=username, password=Secret(required(given, "PASSWORD")))
    if flow == "USER_SRP_AUTH":
        return SrpProof(username=username, public=required(given, "SRP_A"))
    password = given.get("PASSWORD")
    return ChoiceProof(
        username=username,
        preferred=given.get("PREFERRED_CHALLENGE"),
        password=None if password is None else Secret(password),
        public=given.get("SRP_A"),
    )
