"""From a login to a folder of one's own: the guide as it stands, the AWS SDK for JavaScript, and what an administrator asks then.

The server, the gateway and the store are processes of their own, as `./dev run --gateway` starts them.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support import store as store_support
from tests.support.free_port import free_port
from tests.support.house import House, house
from tests.support.leash import Leashed
from tests.support.listening import listens
from tests.support.node import Node
from tests.support.server import ROOT, environment
from tests.support.waiting import wait_until

GUIDE = ROOT / "docs" / "guide" / "identity-pools.md"


@dataclass(frozen=True)
class Town:
    """``told`` are the names that the guide's program left behind, ``printed`` what it said."""

    home: House
    gateway: str
    told: dict[str, Any]
    printed: str


@contextmanager
def gateway_beside(home: House, store: str, folder: Path) -> Iterator[str]:
    port = free_port()
    env = environment(home.server.port, home.env) | {
        "POOLHOUSE_UPSTREAM_ACCESS_KEY_ID": "service",
        "POOLHOUSE_UPSTREAM_SECRET_ACCESS_KEY": "service-secret",
    }
    command = [sys.executable, "-m", "app.cli", "gateway", "--port", str(port), "--workers", "1"]
    command += ["--upstream-s3", store, "--upstream-dynamodb", store]
    with Leashed(command, log=folder / "gateway.log", env=env, cwd=ROOT) as process:
        wait_until(lambda: listens(port, process), seconds=60, what="the gateway to listen")
        yield f"http://localhost:{port}"


@pytest.fixture(scope="module")
def town(store: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    store_support.empty(store)
    folder = tmp_path_factory.mktemp("town")
    with house(folder / "data", workers=1) as home, gateway_beside(home, store, folder) as gateway:
        key = home.command("access-key", "create", "gateway-administrator")
        (folder / "administrator.json").write_text(json.dumps(key))
        program = "\n".join(re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL))
        program = program.replace("http://localhost:8000", home.url).replace("http://localhost:9000", gateway)
        told = ("identities", "provider", "token", "ada", "guest", "users", "guests", "credentials")
        program += f"\nprint(json.dumps({{name: globals()[name] for name in {told!r}}}, default=str))\n"
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            cwd=folder,
            env={**os.environ, "AWS_EC2_METADATA_DISABLED": "true"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        *said, last = done.stdout.strip().splitlines()
        yield Town(home=home, gateway=gateway, told=json.loads(last), printed="\n".join(said))


def test_the_guide_ends_with_a_folder_of_one_s_own_and_a_reason_for_the_refusal(town: Town) -> None:
    own, listed, refused, picture = town.printed.splitlines()
    ada = town.told["ada"]
    assert own == "b'mine alone'"
    assert listed == f"['{ada}/notes.txt']"
    assert picture == "b'a picture'"
    # The statement, the resource as it was resolved, and the message for administrators.
    assert 'statement 2 of policy "store"' in refused
    assert f"arn:aws:s3:::mybucket/{ada}/*" in refused
    assert "Encoded authorization failure message: " in refused


def test_the_encoded_message_opens_for_administrators_alone(town: Town) -> None:
    import boto3

    encoded = town.printed.splitlines()[2].rpartition(": ")[2]
    assert town.told["ada"] not in encoded
    key = town.home.command("access-key", "create", "reader")
    limited = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    other = town.home.command("access-key", "create", "other", "--policy", json.dumps(limited))

    def sts(credentials: dict[str, str]) -> Any:
        return boto3.client(
            "sts",
            endpoint_url=town.home.url,
            region_name="us-east-1",
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
        )

    found = json.loads(sts(key).decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
    assert found["allowed"] is False
    assert found["context"]["action"] == "s3:GetObject"
    assert found["context"]["resource"] == "arn:aws:s3:::mybucket/us-east-1:somebody-else/notes.txt"
    with pytest.raises(ClientError, match="AccessDenied"):
        sts(other).decode_authorization_message(EncodedMessage=encoded)
    with pytest.raises(ClientError, match="InvalidAuthorizationMessage"):
        sts(key).decode_authorization_message(EncodedMessage=encoded[:-4] + "AAAA")


def test_the_javascript_sdk_gets_its_credentials_and_uses_them(town: Town, node: Node) -> None:
    # Amplify derives the provider's name from the token's issuer; it is the other spelling of the same provider.
    pool_id = town.told["provider"].rpartition("/")[2]
    given = {
        "server": town.home.url,
        "gateway": town.gateway,
        "identityPool": town.told["identities"],
        "provider": f"{town.home.url.removeprefix('http://')}/{pool_id}",
        "token": town.told["token"],
        "bucket": "mybucket",
    }
    told = node.run("identity_pool.mjs", json.dumps(given))
    ada = town.told["ada"]
    assert told["identityId"] == ada
    assert told["accessKeyId"].startswith("ASIA")
    assert told["put"] == "success"
    assert told["got"] == "mine"
    assert told["listed"] == [f"{ada}/notes.txt", f"{ada}/spaced name+ü.txt"]
    assert told["others"] == told["all"] == told["guestOther"] == "AccessDenied"
    assert told["guestPicture"] == "success"
    assert told["forged"] == "NotAuthorizedException"


def explained(town: Town, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = town.home.try_command("explain", "--json", *arguments)
    return done.returncode, json.loads(done.stdout)


def test_explain_walks_from_the_token_to_the_verdict(town: Town) -> None:
    ada, token = town.told["ada"], town.told["token"]
    own, foreign = (f"arn:aws:s3:::mybucket/{name}/notes.txt" for name in (ada, "us-east-1:other"))
    code, walk = explained(town, "--token", token, "--action", "s3:GetObject", "--resource", own)
    assert (code, walk["Allowed"]) == (0, True)
    titles = [step["Title"] for step in walk["Steps"]]
    assert titles == ["Login", "Identity", "Role mapping", "Role", "Trust policy", "Effective policies", "Verdict"]
    assert walk["Steps"][1]["Lines"] == [ada]
    code, walk = explained(town, "--token", token, "--action", "s3:GetObject", "--resource", foreign)
    assert (code, walk["Allowed"]) == (1, False)
    assert 'statement 2 of policy "store"' in walk["Steps"][-1]["Lines"][1]


def test_explain_stops_where_the_way_ends(town: Town) -> None:
    pool = ("--identity-pool", town.told["identities"], "--action", "s3:GetObject", "--resource", "*")
    forged = town.told["token"][:-6] + "AAAAAA"
    code, walk = explained(town, "--token", forged, *pool)
    assert code == 1
    assert [step["Title"] for step in walk["Steps"]] == ["Login"]


def test_explain_makes_no_identity(town: Town) -> None:
    code, walk = explained(
        town, "--action", "s3:GetObject", "--resource", "arn:aws:s3:::mybucket/assets/my_picture.jpg"
    )
    assert code == 0
    assert "would make one" in walk["Steps"][1]["Lines"][0]


def test_what_the_guide_made_keeps_identities_apart_and_a_hole_is_found(town: Town) -> None:
    pool = ("--identity-pool", town.told["identities"])
    done = town.home.try_command("isolation-check", *pool)
    assert done.returncode == 0, done.stdout
    assert "all denied" in done.stdout
    assert "trap" not in done.stdout
    with town.home.services() as services:
        everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
        services.roles.put_policy("123456789012", "shop-users", "hole", everything)
        try:
            leaking = town.home.try_command("isolation-check", *pool)
        finally:
            services.roles.remove_policy("123456789012", "shop-users", "hole")
    assert leaking.returncode == 1
    assert 'policy "hole"' in leaking.stdout
    # What it rarely means is said beside what it lets through.
    assert "without a condition on s3:prefix" in leaking.stdout


def test_a_pool_of_which_nothing_can_be_tried_is_not_called_safe(town: Town) -> None:
    with town.home.services() as services:
        pool = services.identity_pools.create(
            account_id="123456789012",
            region="us-east-1",
            name="empty",
            settings={"AllowUnauthenticatedIdentities": True},
        )
    done = town.home.try_command("isolation-check", "--identity-pool", pool.identity_pool_id)
    assert done.returncode == 2
    assert "nothing was tried" in done.stderr
    assert "all denied" not in done.stdout


def test_revoked_credentials_are_refused_at_once(town: Town) -> None:
    import boto3
    from botocore.config import Config

    given = town.told["credentials"]
    s3 = boto3.client(
        "s3",
        endpoint_url=town.gateway,
        region_name="us-east-1",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretKey"],
        aws_session_token=given["SessionToken"],
        config=Config(retries={"max_attempts": 0}),
    )
    note = {"Bucket": "mybucket", "Key": f"{town.told['ada']}/notes.txt"}
    assert s3.get_object(**note)["ContentLength"] == len(b"mine alone")
    town.home.command("credentials", "revoke", "--identity", town.told["ada"])

    def code() -> str:
        try:
            s3.get_object(**note)["Body"].close()
        except ClientError as refused:
            return str(refused.response["Error"]["Code"])
        return ""

    # The gateway looks for changes four times a second.
    wait_until(lambda: code() == "ExpiredToken", seconds=10, what="the revocation to be seen")
