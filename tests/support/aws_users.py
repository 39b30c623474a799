"""Users of a pool as tests of the API write and read them."""

from typing import Any

from tests.support.aws_house import AwsHouse
from tests.support.house import PASSWORD


def listed(**attributes: str) -> list[dict[str, str]]:
    return [{"Name": name.replace("__", ":"), "Value": value} for name, value in attributes.items()]


def named(attributes: list[dict[str, str]]) -> dict[str, str]:
    return {attribute["Name"]: attribute["Value"] for attribute in attributes}


def signed_in(house: AwsHouse, client: Any, username: str = "ada", password: str = PASSWORD) -> dict[str, Any]:
    return house.unsigned.initiate_auth(
        ClientId=client.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": password},
    )["AuthenticationResult"]
