"""The calls of a sign-in through the API, as a stock client makes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from app.core.clients.model import Client
from tests.support.aws_house import AwsHouse
from tests.support.house import PASSWORD
from tests.support.srp_client import SrpClient


@dataclass
class Caller:
    """``username`` is what every call names."""

    house: AwsHouse
    client: Client
    username: str = "ada"
    group: str = field(init=False)

    def __post_init__(self) -> None:
        self.group = self.client.pool_id.split("_")[1]

    def initiate(self, flow: str, **parameters: str) -> dict[str, Any]:
        given = {"USERNAME": self.username, **parameters}
        return self.house.unsigned.initiate_auth(ClientId=self.client.client_id, AuthFlow=flow, AuthParameters=given)

    def respond(self, asked: Mapping[str, Any], challenge: str | None = None, **responses: str) -> dict[str, Any]:
        return self.house.unsigned.respond_to_auth_challenge(
            ClientId=self.client.client_id,
            ChallengeName=challenge or asked["ChallengeName"],
            Session=asked["Session"],
            ChallengeResponses={"USERNAME": self.username, **responses},
        )

    def by_password(self, password: str = PASSWORD, **more: str) -> dict[str, Any]:
        return self.initiate("USER_PASSWORD_AUTH", PASSWORD=password, **more)

    def by_srp(self, password: str = PASSWORD, **more: str) -> dict[str, Any]:
        srp = SrpClient()
        asked = self.initiate("USER_SRP_AUTH", SRP_A=srp.a, **more)
        parameters = asked["ChallengeParameters"]
        return self.respond(asked, **srp.answer(self.group, parameters["USER_ID_FOR_SRP"], password, parameters))

    def refresh(self, token: str, **more: str) -> dict[str, Any]:
        return self.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token, **more)


def refused(call: Any, *arguments: Any, **named: Any) -> tuple[str, str]:
    """The error's code, without its ending, and its message."""
    with pytest.raises(ClientError) as error:
        call(*arguments, **named)
    told = error.value.response["Error"]
    return told["Code"].removesuffix("Exception"), told["Message"]
