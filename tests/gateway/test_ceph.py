"""Ceph's object gateway in person: as the STS that vends our credentials and enforces them, and as the store behind our own gateway."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from app.core.identity_pools.open_id import ISSUER_KEYS
from app.core.identity_pools.sessions.ceph_policy import ACTIONS
from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused
from tests.support.ceph import KEY, SECRET
from tests.support.gateway_house import ADA, BOB, GatewayHouse
from tests.support.guide import blocks, fitted
from tests.support.identity_house import ACCOUNT, OWN, IdentityHouse, provider_of, trust
from tests.support.server import ROOT, running

MINE = f"${{{OWN}:sub}}"
WITH_TOKEN, WITH_KEY = "aws-web-identity", "aws-assume-role"
ODD = ["a b", "grüße/日本", "a//b", "/a", "a%2Fb", "a+b", "a&b=c?d#e", "~a-b_c.d!*'()", "..."]


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


def allow(action: Any, *paths: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": [f"arn:aws:s3:::{path}" for path in paths], **more}


def deny(action: Any, *paths: str, **more: Any) -> dict[str, Any]:
    return {**allow(action, *paths, **more), "Effect": "Deny"}


USERS = policy(
    allow("s3:ListBucket", "mybucket", Condition={"StringLike": {"s3:prefix": [f"{MINE}/*"]}}),
    # Others' actions and resources are nothing of Ceph's, and no reason to refuse the rest.
    allow(["s3:GetObject", "s3:PutObject", "cognito-sync:*"], f"mybucket/{MINE}/*"),
    {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/carts"},
)


def client_of(url: str, service: str, key_id: str = KEY, secret: str = SECRET, token: str | None = None) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"max_attempts": 0}, signature_version="s3v4" if service == "s3" else "v4"),
    )


class Elsewhere:
    """A server whose credentials come from Ceph, and a role there that may do all with S3: what is sent along narrows it."""

    def __init__(self, folder: Any, ceph: str, kind: str) -> None:
        self.ceph, self.kind = ceph, kind
        signer = {"sts_access_key_id": KEY, "sts_secret_access_key": SECRET} if kind == WITH_KEY else {}
        self.home = AwsHouse(folder, credentials=kind, sts_endpoint=ceph, sts_dialect="ceph", **signer)
        # Ceph's clock is the machine's. The issuer's key is old enough to be followed by another.
        self.home.clock.moment = int(time.time()) - 720  # noqa: TID251 - as it says
        self.home.services.open_id_tokens.ensure_key()
        self.home.clock.advance(minutes=12)
        self.ids = IdentityHouse(self.home)
        self.s3, self.iam = client_of(ceph, "s3"), client_of(ceph, "iam")
        self.s3.create_bucket(Bucket="mybucket")
        self.client = self.ids.user_client("ada", "grace", "ada:grace")
        self.pool = self.ids.pool_for(self.client)
        self.issuer = f"{self.home.url.removeprefix('http://')}/identity"
        if kind == WITH_TOKEN:
            known = [self.pool.identity_pool_id]
            self.iam.create_open_id_connect_provider(
                Url=f"http://{self.issuer}", ClientIDList=known, ThumbprintList=["0" * 40]
            )
        self.role = self.mirror("authenticated")
        self.may(self.role, USERS)
        self.sessions: dict[str, tuple[str, Any]] = {}

    def mirror(self, kind: str) -> str:
        """The name of the pool's role, made there as well."""
        pool = self.pool.identity_pool_id
        name = str(self.pool.roles[kind].rpartition("/")[2])
        if self.kind == WITH_KEY:
            who: dict[str, Any] = {"AWS": [f"arn:aws:iam::{ACCOUNT}:user/service"]}
            trusted = {"Principal": who, "Action": ["sts:AssumeRole", "sts:TagSession"]}
        else:
            who = {"Federated": [f"arn:aws:iam::{ACCOUNT}:oidc-provider/{self.issuer}"]}
            condition = {"StringEquals": {f"{self.issuer}:aud": pool}}
            actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
            trusted = {"Principal": who, "Action": actions, "Condition": condition}
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy({"Effect": "Allow", **trusted}))
        self.iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy(allow("s3:*", "*")))
        return name

    def may(self, name: str, document: str) -> None:
        self.home.iam.put_role_policy(RoleName=name, PolicyName="store", PolicyDocument=document)

    def session(self, username: str | None) -> tuple[str, Any]:
        """An identity with a client of Ceph that has its credentials."""
        logins = {} if username is None else {provider_of(self.client): self.ids.id_token(self.client, username)}
        identity_id = self.ids.get_id(self.pool, logins)
        given = self.ids.credentials(identity_id, logins)["Credentials"]
        return identity_id, client_of(self.ceph, "s3", given["AccessKeyId"], given["SecretKey"], given["SessionToken"])

    def close(self) -> None:
        self.ids.close()
        self.home.close()


@pytest.fixture(scope="module", params=[WITH_KEY, WITH_TOKEN])
def either(request: pytest.FixtureRequest) -> Elsewhere:
    found: Elsewhere = request.getfixturevalue("by_key" if request.param == WITH_KEY else "by_token")
    return found


@pytest.fixture(scope="module")
def by_key(ceph: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    found = Elsewhere(tmp_path_factory.mktemp("key"), ceph, WITH_KEY)
    yield found
    found.close()


@pytest.fixture(scope="module")
def by_token(ceph: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    found = Elsewhere(tmp_path_factory.mktemp("token"), ceph, WITH_TOKEN)
    yield found
    found.close()


def read(client: Any, key: str) -> bytes:
    return bytes(client.get_object(Bucket="mybucket", Key=key)["Body"].read())


def put(client: Any, key: str, **more: Any) -> None:
    client.put_object(Bucket="mybucket", Key=key, Body=key.encode(), **more)


def keys(client: Any, **asked: str) -> list[str]:
    return [found["Key"] for found in client.list_objects_v2(Bucket="mybucket", **asked).get("Contents", [])]


# -- the STS: Ceph enforces what we send along -------------------------------------------------------------------------


def test_a_user_reaches_there_what_is_theirs_and_nothing_else(either):
    ada, hers = either.session("ada")
    grace, other = either.session("grace")
    put(other, f"{grace}/secret")
    for name in ODD:
        put(hers, f"{ada}/{name}")
        assert read(hers, f"{ada}/{name}") == f"{ada}/{name}".encode()
    assert sorted(keys(hers, Prefix=f"{ada}/")) == sorted(f"{ada}/{name}" for name in ODD)
    for call in (
        lambda: read(hers, f"{grace}/secret"),
        lambda: put(hers, f"{grace}/secret"),
        lambda: put(hers, f"{ada}x/secret"),
        lambda: put(hers, "top"),
        lambda: hers.delete_object(Bucket="mybucket", Key=f"{ada}/{ODD[0]}"),
        lambda: keys(hers, Prefix=f"{grace}/"),
        lambda: keys(hers, Prefix=ada),
        lambda: keys(hers, Prefix="us-east-1"),
        lambda: keys(hers),
        hers.list_buckets,
    ):
        with refused("AccessDenied"):
            call()
    assert read(other, f"{grace}/secret") == f"{grace}/secret".encode()


def test_a_guest_reads_one_picture_there(either):
    put(either.s3, "assets/my_picture.jpg")
    put(either.s3, "assets/other.jpg")
    either.may(either.mirror("unauthenticated"), policy(allow("s3:GetObject", "mybucket/assets/my_picture.jpg")))
    _, guest = either.session(None)
    assert read(guest, "assets/my_picture.jpg")
    for call in (lambda: read(guest, "assets/other.jpg"), lambda: put(guest, "assets/my_picture.jpg")):
        with refused("AccessDenied"):
            call()


def test_a_presigned_url_works_there(either):
    ada, hers = either.session("ada")
    put(hers, f"{ada}/shown")
    url = hers.generate_presigned_url("get_object", Params={"Bucket": "mybucket", "Key": f"{ada}/shown"})
    with urlopen(url, timeout=10) as answer:
        assert answer.read() == f"{ada}/shown".encode()


def test_tags_name_a_folder_there_and_a_colon_in_one_names_no_other(either):
    pool, before = either.pool, either.pool.roles["authenticated"]
    arn = either.ids.role(
        pool, document=trust(pool.identity_pool_id, actions=("sts:AssumeRoleWithWebIdentity", "sts:TagSession"))
    )
    either.pool = either.ids.pools.set_roles(pool.identity_pool_id, {**pool.roles, "authenticated": arn}, {})
    either.ids.pools.set_principal_tags(
        pool.identity_pool_id, provider_of(either.client), use_defaults=False, tags={"name": "cognito:username"}
    )
    try:
        either.may(either.mirror("authenticated"), policy(allow("s3:*", "mybucket/by-name/${aws:PrincipalTag/name}/*")))
        _, hers = either.session("ada")
        put(hers, "by-name/ada/x")
        with refused("AccessDenied"):
            put(hers, "by-name/grace/x")
        # Written as "ada?grace" it would be the folder of "ada-grace", too.
        with refused("InvalidIdentityPoolConfigurationException"):
            either.session("ada:grace")
    finally:
        either.ids.pools.set_principal_tags(
            pool.identity_pool_id, provider_of(either.client), use_defaults=False, tags={}
        )
        either.pool = either.ids.pools.set_roles(pool.identity_pool_id, {**pool.roles, "authenticated": before}, {})


def test_a_role_that_is_not_there_is_a_configuration_to_mend(either, caplog):
    pool = either.ids.pool_for(either.client)
    logins = {provider_of(either.client): either.ids.id_token(either.client, "ada")}
    with caplog.at_level("WARNING", "poolhouse.sts"), refused("InvalidIdentityPoolConfigurationException"):
        either.ids.credentials(either.ids.get_id(pool, logins), logins)
    [record] = [record for record in caplog.records if record.name == "poolhouse.sts"]
    assert record.code in {"AccessDenied", "NoSuchEntity"}


def test_ceph_verifies_what_a_rotated_key_signs(by_token):
    by_token.home.clock.advance(minutes=-12)
    by_token.home.services.issuer_keys.rotate(ISSUER_KEYS)
    by_token.home.clock.advance(minutes=12)
    ada, hers = by_token.session("ada")
    put(hers, f"{ada}/after")


@pytest.fixture
def restored(by_key: Elsewhere) -> Iterator[Elsewhere]:
    yield by_key
    by_key.may(by_key.role, USERS)


def test_a_space_is_a_space_there(restored):
    for key in ("my folder/x", "my+folder/x"):
        put(restored.s3, key)
    restored.may(restored.role, policy(allow("s3:GetObject", "mybucket/my folder/*")))
    _, hers = restored.session("ada")
    assert read(hers, "my folder/x")
    with refused("AccessDenied"):
        read(hers, "my+folder/x")


def test_what_is_denied_here_is_denied_there(restored):
    for key in ("closed room/x", "open/x", "unlisted/x"):
        put(restored.s3, key)
    private = {"StringNotEquals": {"S3:X-Amz-Acl": "private"}}
    absent = {"StringNotEquals": {"s3:prefix": "x"}}
    restored.may(
        restored.role,
        policy(
            allow("s3:*", "*"),
            deny("s3:G*t", "mybucket/closed room/*"),
            deny("s3:PutObject", "*", Condition=private),
            deny("s3:GetObject", "mybucket/unlisted/*", Condition=absent),
        ),
    )
    _, hers = restored.session("ada")
    assert read(hers, "open/x")
    put(hers, "open/y", ACL="private")
    for call in (
        lambda: read(hers, "closed room/x"),
        lambda: read(hers, "unlisted/x"),
        lambda: put(hers, "open/y", ACL="public-read"),
        lambda: put(hers, "open/y"),
    ):
        with refused("AccessDenied"):
            call()


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (allow("s3:GetObject", *(f"mybucket/{MINE}/{number}/*" for number in range(30))), "takes 2,048"),
        (allow("s3:GetObject", "mybucket/${aws:SourceIp}/*"), "no policy variables"),
        (allow("s3:GetObject", "mybucket/a:b/*"), "no colon"),
        (allow("s3:GetObjectAttributes", "mybucket/*"), "no action s3:GetObjectAttributes"),
        ({"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*"}, "NotAction"),
        (allow("s3:GetObject", "mybucket/*", Condition={"Null": {"s3:prefix": "false"}}), "Null"),
    ],
    ids=["size", "variable", "colon", "action", "NotAction", "Null"],
)
def test_what_ceph_would_not_carry_is_refused_when_it_is_saved(by_key, statement, reason):
    with refused("ValidationError", reason):
        by_key.may(by_key.role, policy(statement))
    kept = by_key.home.iam.get_role_policy(RoleName=by_key.role, PolicyName="store")["PolicyDocument"]
    assert kept == json.loads(USERS)


def test_ceph_knows_every_action_that_it_is_told_of(by_key):
    document = policy({"Effect": "Allow", "Action": [*ACTIONS], "Resource": "*"})
    arn = f"arn:aws:iam::{ACCOUNT}:role/{by_key.role}"
    client_of(by_key.ceph, "sts").assume_role(RoleArn=arn, RoleSessionName="all", Policy=document)


def test_the_guide_runs_as_it_stands(ceph, tmp_path):
    """Its programs in a process of their own, against a server that is one, too."""
    text = (ROOT / "docs/guide/gateway.md").read_text()
    [program] = re.findall(
        r"^```python\n(.*?)^```$", text[text.index("## In front of Ceph") :], re.MULTILINE | re.DOTALL
    )
    settings = dict(
        re.findall(r"(POOLHOUSE_(?:CREDENTIALS|STS_[A-Z_]+))=(\S+)", text[text.index("## In front of Ceph") :])
    )
    assert settings["POOLHOUSE_STS_ENDPOINT"] == "http://localhost:7480"
    settings["POOLHOUSE_STS_ENDPOINT"] = ceph
    with running(tmp_path / "data", env=settings) as server:
        places = {"http://localhost:7480": ceph, "http://localhost:8000": server.url}
        whole = f"{blocks('identity-pools', 'python')[0]}\n{program}\nprint(ada)"
        command = [sys.executable, "-W", "error", "-c", fitted(whole, places)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    listed, code, ada = done.stdout.splitlines()
    assert (listed, code) == (f"['{ada}/notes.txt']", "AccessDenied")


# -- the store behind our own gateway ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def house(ceph: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayHouse]:
    found = GatewayHouse(tmp_path_factory.mktemp("gateway"), ceph)
    found.admin.create_bucket(Bucket="mybucket")
    yield found
    found.close()


@pytest.fixture(scope="module")
def ada(house: GatewayHouse) -> Any:
    everything = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListMultipartUploadParts"]
    statements = (
        allow("s3:ListBucket", "mybucket", Condition={"StringLike": {"s3:prefix": f"{MINE}/*"}}),
        allow(everything, f"mybucket/{MINE}/*"),
    )
    return house.as_(house.credentials(house.role("own", json.loads(policy(*statements))), ADA))


def test_the_gateway_before_ceph_lets_in_to_ones_own_folder_alone(house, ada):
    put(house.admin, f"{BOB}/secret")
    for name in ODD:
        put(ada, f"{ADA}/{name}")
        assert read(ada, f"{ADA}/{name}") == f"{ADA}/{name}".encode()
    assert sorted(keys(ada, Prefix=f"{ADA}/")) == sorted(f"{ADA}/{name}" for name in ODD)
    source = {"Bucket": "mybucket", "Key": f"{BOB}/secret"}
    for call in (
        lambda: read(ada, f"{BOB}/secret"),
        # Ceph by itself would tell what is there from what is not.
        lambda: read(ada, f"{BOB}/nothing"),
        lambda: put(ada, f"{BOB}/secret"),
        lambda: keys(ada, Prefix=f"{BOB}/"),
        lambda: keys(ada),
        lambda: ada.copy_object(Bucket="mybucket", Key=f"{ADA}/copy", CopySource=source),
    ):
        with pytest.raises(ClientError, match="is not authorized to perform"):
            call()
    told = ada.delete_objects(
        Bucket="mybucket", Delete={"Objects": [{"Key": f"{ADA}/{name}"} for name in ODD] + [{"Key": f"{BOB}/secret"}]}
    )
    assert len(told["Deleted"]) == len(ODD)
    assert [each["Key"] for each in told["Errors"]] == [f"{BOB}/secret"]
    assert read(house.admin, f"{BOB}/secret")


def test_parts_and_copies_pass_to_ceph(house, ada):
    key, size = f"{ADA}/in parts ü", 5 * 1024 * 1024
    upload = ada.create_multipart_upload(Bucket="mybucket", Key=key)["UploadId"]
    given = {"Bucket": "mybucket", "Key": key, "UploadId": upload}
    done = [
        {"PartNumber": number, "ETag": ada.upload_part(**given, PartNumber=number, Body=body)["ETag"]}
        for number, body in ((1, b"x" * size), (2, b"the end"))
    ]
    assert len(ada.list_parts(**given)["Parts"]) == 2
    ada.complete_multipart_upload(**given, MultipartUpload={"Parts": done})
    ada.copy_object(Bucket="mybucket", Key=f"{ADA}/copy+", CopySource={"Bucket": "mybucket", "Key": key})
    assert read(ada, f"{ADA}/copy+") == b"x" * size + b"the end"


def test_presigned_requests_pass_to_ceph(house, ada):
    mine = {"Bucket": "mybucket", "Key": f"{ADA}/signed for/ü"}
    with urlopen(
        Request(ada.generate_presigned_url("put_object", Params=mine), b"x", method="PUT"), timeout=10
    ) as answer:
        assert answer.status == 200
    with urlopen(ada.generate_presigned_url("get_object", Params=mine), timeout=10) as answer:
        assert answer.read() == b"x"
