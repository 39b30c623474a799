"""What is said of a role's documents when they are saved."""

import json

import pytest
from click.testing import CliRunner

from app.cli import main
from app.core.principals.findings import TRUST, findings_of, is_open_to_guests
from app.core.principals.model import Role

OWN = "cognito-identity.amazonaws.com"
AUDIENCE = {"StringEquals": {f"{OWN}:aud": "us-east-1:pool"}}
SIGNED_IN = {**AUDIENCE, "ForAnyValue:StringLike": {f"{OWN}:amr": "authenticated"}}
GUESTS = {**AUDIENCE, "ForAnyValue:StringLike": {f"{OWN}:amr": "unauthenticated"}}
WRITING = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::mybucket/up/*"}


def trust(condition, **more):
    statement = {"Effect": "Allow", "Principal": {"Federated": OWN}, "Action": "sts:AssumeRoleWithWebIdentity", **more}
    return {"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition} if condition else statement]}


def role(trusted, *statements):
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return Role(
        name="shop",
        account_id="123456789012",
        role_id="AROA1",
        trust=trusted,
        policies={"store": policy} if statements else {},
        created_at=0,
    )


def codes(found):
    return [(each.policy, each.finding.code) for each in found]


@pytest.mark.parametrize(
    ("condition", "open_to_guests"), [(SIGNED_IN, False), (GUESTS, True), (AUDIENCE, True), (None, True)]
)
def test_who_is_a_guest_is_asked_of_the_trust_policy(condition, open_to_guests):
    assert is_open_to_guests(trust(condition)) is open_to_guests


def test_a_role_that_trusts_another_service_has_no_guests():
    assert not is_open_to_guests(trust(None, Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole"))


def test_what_those_who_signed_in_may_write_guests_may_not():
    assert codes(findings_of(role(trust(SIGNED_IN), WRITING))) == []
    assert codes(findings_of(role(trust(GUESTS), WRITING))) == [("store", "guest-write")]


def test_the_trust_policy_is_read_too():
    assert codes(findings_of(role(trust(None)))) == [(TRUST, "trust-without-aud"), (TRUST, "trust-without-amr")]


@pytest.fixture
def written(tmp_path):
    def write(document):
        path = tmp_path / "policy.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return str(path)

    return write


def test_lint_names_the_traps_of_a_file(written):
    listing = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::mybucket"}
    path = written({"Version": "2012-10-17", "Statement": [listing, WRITING]})
    done = CliRunner().invoke(main, ["lint", path, "--guest"])
    assert done.exit_code == 1
    assert [line.rpartition("[")[2] for line in done.output.splitlines()] == ["list-without-prefix]", "guest-write]"]


def test_lint_is_content_with_a_sound_file(written):
    done = CliRunner().invoke(main, ["lint", written({"Version": "2012-10-17", "Statement": [WRITING]})])
    assert (done.exit_code, done.output) == (0, "nothing found\n")


def test_lint_refuses_what_the_server_would_refuse(written):
    done = CliRunner().invoke(main, ["lint", written('{"Version": "2012-10-17",}')])
    assert done.exit_code == 1
    assert "not JSON (line 1, column 26)" in done.output


@pytest.mark.parametrize("arguments", [[], ["--trust"]])
def test_lint_needs_something_to_read(arguments):
    assert CliRunner().invoke(main, ["lint", *arguments]).exit_code == 2


def test_a_document_that_older_rules_let_in_keeps_nobody_from_changing_another():
    old = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "mybucket"}}
    listing = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}}
    role = Role(
        name="r", account_id="1" * 12, role_id="AROA", trust=old, policies={"old": old, "p": listing}, created_at=0
    )
    assert [(each.policy, each.finding.code) for each in findings_of(role)] == [("p", "list-without-prefix")]
