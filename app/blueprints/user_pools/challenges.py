"""Challenges and their answers in AWS's names (``auth-flows.md`` §10)."""

import json
from collections.abc import Mapping
from typing import Any

from app.core.attempts import steps
from app.core.clients.model import Client
from app.core.kernel.errors import InvalidParameter
from app.core.kernel.secret import Secret
from app.core.messages.model import Channel
from app.core.sign_in.model import (
    Answer,
    Challenge,
    ChoiceAnswer,
    CodeAnswer,
    DeviceStart,
    NewPassword,
    PasskeyAnswer,
    SetUpAnswer,
    SignedIn,
    SrpAnswer,
)
from app.core.tokens.model import TokenSet

_USER_ATTRIBUTE = "userAttributes."
_CODE_NAMES = {
    steps.SMS_MFA: ("SMS_MFA_CODE",),
    steps.SMS_OTP: ("SMS_OTP_CODE",),
    # Documentation and SDKs spell it both ways.
    steps.EMAIL_OTP: ("EMAIL_OTP_CODE", "EMAIL_MFA_CODE"),
    steps.SOFTWARE_TOKEN_MFA: ("SOFTWARE_TOKEN_MFA_CODE",),
}
_VERIFIERS = {steps.PASSWORD_VERIFIER, steps.DEVICE_PASSWORD_VERIFIER}
_MEDIUMS = {Channel.EMAIL: "EMAIL", Channel.SMS: "SMS"}
_OLD_NAMES = {"EMAIL_MFA": steps.EMAIL_OTP}


def required(parameters: Mapping[str, str], *names: str) -> str:
    """The first of these that is given. Raises ``InvalidParameter`` in AWS's words."""
    for name in names:
        if parameters.get(name):
            return parameters[name]
    raise InvalidParameter(f"Missing required parameter {names[0]}")


def read_answer(challenge: str, responses: Mapping[str, str]) -> Answer:
    """What the responses say to a challenge of this name. Raises ``InvalidParameter``."""
    if challenge in _CODE_NAMES:
        return CodeAnswer(code=Secret(required(responses, *_CODE_NAMES[challenge])))
    if challenge in _VERIFIERS:
        return SrpAnswer(
            signature=required(responses, "PASSWORD_CLAIM_SIGNATURE"),
            secret_block=required(responses, "PASSWORD_CLAIM_SECRET_BLOCK"),
            timestamp=required(responses, "TIMESTAMP"),
        )
    if challenge == steps.NEW_PASSWORD_REQUIRED:
        given = {
            name.removeprefix(_USER_ATTRIBUTE): value
            for name, value in responses.items()
            if name.startswith(_USER_ATTRIBUTE)
        }
        return NewPassword(password=Secret(required(responses, "NEW_PASSWORD")), attributes=given)
    if challenge in {steps.SELECT_CHALLENGE, steps.SELECT_MFA_TYPE}:
        answer = required(responses, "ANSWER")
        return _choice(_OLD_NAMES.get(answer, answer), responses)
    if challenge in {"PASSWORD", "PASSWORD_SRP"}:
        # Older SDKs name the chosen factor as the challenge.
        return _choice(challenge, responses)
    if challenge == steps.WEB_AUTHN:
        return PasskeyAnswer(credential=required(responses, "CREDENTIAL"))
    if challenge == steps.MFA_SETUP:
        return SetUpAnswer()
    if challenge == steps.DEVICE_SRP_AUTH:
        return DeviceStart(device_key=required(responses, "DEVICE_KEY"), public=required(responses, "SRP_A"))
    raise InvalidParameter(f"The challenge {challenge} is not supported.")


def _choice(choice: str, responses: Mapping[str, str]) -> ChoiceAnswer:
    password = responses.get("PASSWORD")
    return ChoiceAnswer(
        choice=choice,
        password=None if password is None else Secret(password),
        public=responses.get("SRP_A"),
        credential=responses.get("CREDENTIAL"),
    )


def step_of(challenge: str) -> str:
    """The step that an answer to a challenge of this name is for."""
    return steps.SELECT_CHALLENGE if challenge in {"PASSWORD", "PASSWORD_SRP"} else challenge


def challenge_shown(challenge: Challenge, client: Client) -> dict[str, Any]:
    """ChallengeName, Session, ChallengeParameters and, where there is a choice, AvailableChallenges."""
    shown: dict[str, Any] = {
        "ChallengeName": challenge.step,
        "Session": challenge.session.reveal(),
        "ChallengeParameters": {**challenge.parameters, **_parameters(challenge, client)},
    }
    if challenge.step in {steps.SELECT_CHALLENGE, steps.WEB_AUTHN, steps.SMS_OTP} or (
        challenge.step == steps.EMAIL_OTP and challenge.user is None
    ):
        shown["AvailableChallenges"] = list(challenge.choices)
    return shown


def _parameters(challenge: Challenge, client: Client) -> dict[str, str]:
    found: dict[str, str] = {}
    if challenge.user is not None:
        found["USER_ID_FOR_SRP"] = challenge.username
    if challenge.destination is not None:
        found["CODE_DELIVERY_DELIVERY_MEDIUM"] = _MEDIUMS[challenge.destination.channel]
        found["CODE_DELIVERY_DESTINATION"] = challenge.destination.masked or ""
    if challenge.step == steps.SELECT_MFA_TYPE:
        found["MFAS_CAN_CHOOSE"] = json.dumps(challenge.choices)
    if challenge.step == steps.MFA_SETUP:
        found["MFAS_CAN_SETUP"] = json.dumps(challenge.choices)
    if challenge.step == steps.NEW_PASSWORD_REQUIRED and challenge.user is not None:
        readable = client.settings.read_attributes
        attributes = {name: value for name, value in challenge.user.attributes.items() if name in readable}
        found["userAttributes"] = json.dumps(attributes)
        found["requiredAttributes"] = json.dumps([_USER_ATTRIBUTE + name for name in challenge.missing_attributes])
    return found


def tokens_shown(tokens: TokenSet, signed_in: SignedIn | None = None) -> dict[str, Any]:
    """AuthenticationResultType."""
    device = signed_in.new_device if signed_in else None
    return {
        "AccessToken": tokens.access_token.reveal(),
        "ExpiresIn": tokens.expires_in,
        "TokenType": "Bearer",
        "RefreshToken": tokens.refresh_token.reveal() if tokens.refresh_token else None,
        "IdToken": tokens.id_token.reveal() if tokens.id_token else None,
        "NewDeviceMetadata": {"DeviceKey": device.device_key, "DeviceGroupKey": device.group_key} if device else None,
    }
