"""Whatever IAM and STS are sent, they answer in the query protocol's form, and never with 5xx."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from random import Random  # noqa: TID251 - seeded, so that a failure can be seen again
from typing import Any
from urllib.parse import urlencode

import pytest

from app.aws.models import load_model
from app.blueprints.iam.blueprint import iam_apis
from tests.support.aws_hostile import hostile_input
from tests.support.aws_house import AwsHouse
from tests.support.databases import migrated
from tests.support.world import MASTER_KEY

SERVICES = {"iam": "2010-05-08", "sts": "2011-06-15"}
ROUNDS = 4
LEAKS = re.compile(r"Traceback|File \"|sqlalchemy|werkzeug|site-packages|\.py\b|sqlite3|psycopg", re.IGNORECASE)
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"},
    }
)
POLICY = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})


class Target:
    """A house with a role and a provider, asked without a network; what a request removed is made again."""

    known: Mapping[str, Any] = {
        "RoleName": "known",
        "RoleArn": "arn:aws:iam::123456789012:role/known",
        "RoleSessionName": "session",
        "PolicySourceArn": "arn:aws:iam::123456789012:role/known",
        "AssumeRolePolicyDocument": TRUST,
        "PolicyDocument": POLICY,
        "PolicyName": "known",
        "Policy": POLICY,
        "PolicyInputList": [POLICY],
        "ActionNames": ["s3:GetObject"],
        "OpenIDConnectProviderArn": "arn:aws:iam::123456789012:oidc-provider/known.example",
        "SAMLProviderArn": "arn:aws:iam::123456789012:saml-provider/known",
        "SAMLMetadataDocument": "<a>" + "x" * 1000 + "</a>",
        "WebIdentityToken": "a.e30.b",
        "EncodedMessage": "x",
        "Url": "https://other.example",
        "Name": "other",
    }

    def __init__(self, house: AwsHouse) -> None:
        self.house = house
        self.client = house.app.test_client()

    def furnish(self) -> None:
        self.send("iam", "CreateRole", {"RoleName": "known", "AssumeRolePolicyDocument": TRUST})
        self.send("iam", "CreateOpenIDConnectProvider", {"Url": "https://known.example"})

    def send(self, service: str, operation: str, document: Mapping[str, Any]) -> tuple[int, str]:
        fields = {"Action": operation, "Version": SERVICES[service], **flattened(document)}
        answer = self.client.post("/", base_url=self.house.url, data=urlencode(fields), content_type="application/x-www-form-urlencoded")  # fmt: skip
        assert answer.content_type == "text/xml", answer.content_type
        assert len(answer.data) < 500_000
        ET.fromstring(answer.data)  # noqa: S314 - our own
        return answer.status_code, answer.text


def flattened(value: Any, name: str = "") -> dict[str, str]:
    """A document as a form says it."""
    if isinstance(value, Mapping):
        parts = {str(key): item for key, item in value.items()}
    elif isinstance(value, list):
        parts = {f"member.{number}": item for number, item in enumerate(value, 1)}
    else:
        text = {True: "true", False: "false", None: ""}.get(value, str(value)) if not isinstance(value, str) else value
        return {name: text}
    found: dict[str, str] = {}
    for key, item in parts.items():
        found |= flattened(item, f"{name}.{key}" if name else key)
    return found


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    more: dict[str, Any] = {}
    if request.param == "postgres":
        url = migrated(request.getfixturevalue("fresh_postgres")())
        more = {"database_url": url, "master_keys": (MASTER_KEY,)}
    house = AwsHouse(tmp_path_factory.mktemp("hostile"), **more)
    yield Target(house)
    house.close()


@pytest.mark.parametrize("service", SERVICES)
def test_no_input_breaks_an_operation(target, service):
    model = load_model(service)
    random = Random(f"{service}-1")  # noqa: S311 - not for secrets
    seen = set()
    for name in handled(target, service):
        target.furnish()
        for _ in range(ROUNDS):
            document = hostile_input(name, target.known, random, model)
            status, text = target.send(service, name, document)
            assert status < 500, (name, document, text)
            assert not LEAKS.search(text), (name, document, text)
            seen.add(status)
    assert {200, 400} <= seen


def handled(target: Target, service: str) -> list[str]:
    """The operations that are there."""
    apis = iam_apis(target.house.services, lambda _region: {})
    return sorted(apis[SERVICES[service]].handlers)
