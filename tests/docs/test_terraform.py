"""The Terraform guide, with the real program and the real AWS provider: what it says is applied, found unchanged, imported, destroyed."""

from collections.abc import Iterator

import pytest

from tests.support.guide import blocks, fitted
from tests.support.house import House, house
from tests.support.terraform import Programs, programs, run

LOCAL = "http://localhost:8000"
POOL = """
variable "least" {}

resource "aws_cognito_user_pool" "own" {
  name = "own"
  tags = { stage = "test" }

  password_policy {
    minimum_length = var.least
  }
}
"""
LATER = """
resource "aws_cognito_identity_provider" "later" {
  user_pool_id     = aws_cognito_user_pool.own.id
  provider_name    = "Google"
  provider_type    = "Google"
  provider_details = { client_id = "one", client_secret = "two", authorize_scopes = "email" }
}
"""


@pytest.fixture(scope="module")
def terraform() -> Programs:
    found = programs()
    if found is None:
        pytest.skip("TEST_TERRAFORM names no folder with terraform (or tofu) and its AWS provider")
    return found


@pytest.fixture(scope="module")
def home(terraform: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("terraform"), workers=1) as found:
        yield found


@pytest.fixture
def environment(terraform: Programs, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return terraform.environment(tmp_path_factory.mktemp("programs"))


def test_the_configuration_is_applied_found_unchanged_imported_and_destroyed(home, environment, tmp_path):
    provider, resources = blocks("terraform", "hcl")
    applied, imported = blocks("terraform", "sh")
    (tmp_path / "main.tf").write_text(fitted(provider, {LOCAL: home.url}) + resources)
    printed = run(applied, tmp_path, environment)
    assert "Apply complete! Resources: 8 added, 0 changed, 0 destroyed." in printed
    assert "No changes." in printed
    printed = run(imported, tmp_path, environment)
    assert printed.count("Import successful!") == 2
    assert "No changes." in printed
    assert "Destroy complete! Resources: 8 destroyed." in run("terraform destroy -auto-approve", tmp_path, environment)


@pytest.fixture
def production(terraform: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Outside development mode, where every signature is checked."""
    mail = {"POOLHOUSE_SMTP_URL": "smtp://localhost:1", "POOLHOUSE_MAIL_FROM": "no-reply@example.com"}
    with house(tmp_path_factory.mktemp("production"), {"POOLHOUSE_DEV": "0", **mail}, workers=1) as found:
        yield found


def test_a_key_of_the_server_changes_a_pool_and_a_wrong_one_is_told_so(production, environment, tmp_path):
    key = production.command("access-key", "create", "terraform")
    provider, _ = blocks("terraform", "hcl")
    at_home = fitted(
        provider, {LOCAL: production.url, '  access_key              = "any"\n  secret_key              = "any"\n': ""}
    )
    (tmp_path / "main.tf").write_text(at_home + POOL)
    given = environment | {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    run("terraform init -input=false", tmp_path, given)
    for least, done in (("8", "1 added, 0 changed"), ("14", "0 added, 1 changed")):
        given |= {"TF_VAR_least": least}
        assert done in run("terraform apply -input=false -auto-approve", tmp_path, given)
        assert "No changes." in run("terraform plan -input=false -detailed-exitcode", tmp_path, given)
    with pytest.raises(AssertionError, match="signature"):
        run("terraform plan -input=false", tmp_path, given | {"AWS_SECRET_ACCESS_KEY": "wrong"})


def test_what_is_not_there_yet_is_said_in_so_many_words(home, environment, tmp_path):
    provider, _ = blocks("terraform", "hcl")
    (tmp_path / "main.tf").write_text(fitted(provider, {LOCAL: home.url}) + POOL + LATER)
    given = environment | {"TF_VAR_least": "8"}
    run("terraform init -input=false", tmp_path, given)
    with pytest.raises(AssertionError, match="CreateIdentityProvider is not available on this server yet"):
        run("terraform apply -input=false -auto-approve", tmp_path, given)
