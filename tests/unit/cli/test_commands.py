"""The commands, each as a person types it, on an embedded database of its own."""

import json
import shutil
import subprocess
import sys
from base64 import b64encode, urlsafe_b64encode

import pytest
from click.testing import CliRunner

from app.cli import main

KEY = b64encode(bytes(range(32))).decode()


class Typed:
    """What a command answered."""

    def __init__(self, result):
        self.code, self.output, self.complaint = result.exit_code, result.stdout, result.stderr

    @property
    def json(self):
        assert self.code == 0, self.complaint
        return json.loads(self.output)


@pytest.fixture
def poolhouse(tmp_path, monkeypatch):
    for name in ("POOLHOUSE_DEV", "POOLHOUSE_DATABASE_URL", "POOLHOUSE_PUBLIC_URL", "POOLHOUSE_MASTER_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("POOLHOUSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("POOLHOUSE_DEV", "1")
    monkeypatch.setenv("POOLHOUSE_PASSWORD_HASHING", "test")

    def call(*arguments, **env):
        return Typed(CliRunner().invoke(main, arguments, env={f"POOLHOUSE_{k}": v for k, v in env.items()}))

    return call


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """An installation with a pool, which each test that wants one gets a copy of."""
    folder = tmp_path_factory.mktemp("shop")
    env = {"POOLHOUSE_DATA_DIR": str(folder), "POOLHOUSE_DEV": "1", "POOLHOUSE_DATABASE_URL": None}
    made = Typed(CliRunner().invoke(main, ("pool", "create", "shop"), env=env))
    return folder, made.json["Id"]


@pytest.fixture
def pool(poolhouse, shop, tmp_path):
    folder, pool_id = shop
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return pool_id


def test_a_pool_made_here_takes_email_addresses_and_refuses_common_passwords(poolhouse, pool):
    shown = poolhouse("pool", "show", pool).json
    assert shown["Settings"]["UsernameAttributes"] == ["email"]
    assert shown["Extensions"] == {"refuse_common_passwords": True}
    assert [entry["Id"] for entry in poolhouse("pool", "list").json] == [pool]


def test_a_pool_is_made_from_a_document(poolhouse, tmp_path):
    file = tmp_path / "pool.json"
    file.write_text('{"AliasAttributes": ["email"]}')
    assert poolhouse("pool", "create", "a", "--settings", f"@{file}").json["Settings"]["AliasAttributes"] == ["email"]


@pytest.mark.parametrize("settings", ["{", "[]", "@/no/such/file", '{"Surprise": 1}'])
def test_a_document_that_is_none_makes_no_pool(poolhouse, settings):
    assert poolhouse("pool", "create", "first").code == 0
    assert poolhouse("pool", "create", "a", "--settings", settings).code in {1, 2}
    assert [pool["Name"] for pool in poolhouse("pool", "list").json] == ["first"]


@pytest.mark.parametrize(
    "words", [("pool", "list"), ("pool", "show", "us-east-1_a"), ("key", "rotate", "--pool", "us-east-1_a")]
)
def test_looking_around_in_the_wrong_folder_leaves_nothing_behind(poolhouse, tmp_path, words):
    looked = poolhouse(*words)
    assert looked.code == 1
    assert "there is no installation in" in looked.complaint
    assert not list(tmp_path.rglob("*.sqlite3"))


def test_settings_that_are_ours_are_set_and_restored(poolhouse, pool):
    changed = poolhouse("pool", "set", pool, "password_expires_days=30", "branding.display_name=The Shop").json
    assert changed["password_expires_days"] == 30
    assert changed["branding"] == {"display_name": "The Shop"}
    assert "password_expires_days" not in poolhouse("pool", "set", pool, "password_expires_days=").json


def test_a_logo_is_taken_from_a_file(poolhouse, pool, tmp_path):
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    changed = poolhouse("pool", "set", pool, f"branding.logo=@{logo}").json
    assert changed["branding"]["logo"].startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    "pair",
    [
        "nonsense=1",
        "enabled=perhaps",
        "branding.accent=blue",
        "branding.accent=#fffff0",
        "theme=no-such-theme",
        "branding.logo=data:image/svg+xml;base64,AAAA",
        "enabled",
        "=1",
        "branding.logo=@/no/such/file",
    ],
)
def test_a_setting_that_does_not_fit_is_refused_with_a_reason(poolhouse, pool, pair):
    answer = poolhouse("pool", "set", pool, pair)
    assert answer.code in {1, 2}
    assert len(answer.complaint) > 20
    assert "Traceback" not in answer.complaint


def test_a_pool_is_removed_after_a_question(poolhouse, pool):
    assert poolhouse("pool", "delete", pool).code == 1
    assert poolhouse("pool", "delete", pool, "--yes").code == 0
    assert poolhouse("pool", "show", pool).complaint == f"Error: User pool {pool} does not exist.\n"


def test_a_clients_secrets_are_shown_once(poolhouse, pool):
    made = poolhouse(
        "client", "create", "--pool", pool, "app", "--callback", "https://a.example/cb", "--confidential"
    ).json
    client, secret = made["ClientId"], made["ClientSecret"]
    second = poolhouse("client", "add-secret", "--pool", pool, client).json["ClientSecret"]
    shown = poolhouse("client", "show", "--pool", pool, client)
    assert shown.json["Secrets"] == 2
    assert secret not in shown.output
    assert second not in shown.output
    assert poolhouse("client", "add-secret", "--pool", pool, client).code == 1
    assert poolhouse("client", "remove-secret", "--pool", pool, client).code == 0
    assert poolhouse("client", "set", client, "require_pkce=true").json == {"require_pkce": True}
    assert [entry["ClientId"] for entry in poolhouse("client", "list", "--pool", pool).json] == [client]
    assert poolhouse("client", "delete", "--pool", pool, client).code == 0
    assert poolhouse("client", "set", client, "require_pkce=true").code == 1


def test_a_callback_that_would_run_a_script_is_refused(poolhouse, pool):
    answer = poolhouse("client", "create", "--pool", pool, "app", "--callback", "javascript:alert(1)")
    assert answer.code == 1
    assert "must be an absolute URL" in answer.complaint


def test_domains_come_and_go(poolhouse, pool):
    added = poolhouse("domain", "add", "--pool", pool, "shop").json
    assert added == {"Host": "shop.auth.us-east-1.localhost"}
    assert poolhouse("domain", "add", "--pool", pool, "shop2").code == 1
    assert poolhouse("pool", "show", pool).json["Domains"] == ["shop.auth.us-east-1.localhost"]
    assert poolhouse("domain", "remove", "--pool", pool, "shop").code == 0
    assert poolhouse("domain", "remove", "--pool", pool, "shop").code == 1


def test_groups_come_and_go(poolhouse, pool):
    poolhouse("group", "create", "--pool", pool, "staff", "--precedence", "2")
    assert [group["GroupName"] for group in poolhouse("group", "list", "--pool", pool).json] == ["staff"]
    assert poolhouse("group", "delete", "--pool", pool, "staff").code == 0
    assert poolhouse("group", "delete", "--pool", pool, "staff").code == 1


def test_keys_rotate_one_for_each_purpose(poolhouse, pool):
    made = poolhouse("key", "rotate", "--pool", pool).json
    assert sorted(key["purpose"] for key in made) == ["access", "id"]
    assert poolhouse("key", "rotate", "--pool", "us-east-1_nothing00").code == 1


def test_a_user_is_made_shown_switched_off_and_removed(poolhouse, pool):
    given = ("--pool", pool, "ada@example.com")
    made = poolhouse("user", "create", *given, "--password", "Correct-horse-7", "--attribute", "name=Ada").json
    assert made["UserStatus"] == "CONFIRMED"
    assert made["Attributes"]["email"] == "ada@example.com"
    assert poolhouse("user", "disable", *given).code == 0
    assert poolhouse("user", "show", *given).json["Enabled"] is False
    assert poolhouse("user", "enable", *given).code == 0
    assert poolhouse("user", "set-password", *given, "--password", "Another-horse-8", "--temporary").code == 0
    shown = poolhouse("user", "show", *given)
    assert shown.json["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert "argon2" not in shown.output
    assert poolhouse("user", "confirm", *given).code == 1
    assert poolhouse("user", "delete", *given).code == 0
    assert poolhouse("user", "show", *given).complaint == "Error: User does not exist.\n"


@pytest.mark.parametrize("password", ["short", "password", "Password1!"])
def test_a_users_password_keeps_the_pools_rules(poolhouse, pool, password):
    answer = poolhouse("user", "create", "--pool", pool, "ada@example.com", "--password", password)
    assert answer.code == 1
    assert password not in answer.complaint


def test_the_schema_is_brought_up_and_stays(poolhouse):
    assert poolhouse("db", "upgrade").output.endswith(".\n")
    assert poolhouse("db", "upgrade").output.endswith("as before.\n")


def test_a_master_key_rotates(poolhouse, tmp_path, pool):
    old, new = (tmp_path / "master.key").read_text().strip(), KEY
    assert "secrets sealed again" in poolhouse("db", "reseal", MASTER_KEY=f"{new},{old}").output
    assert poolhouse("pool", "show", pool, MASTER_KEY=new).json["Id"] == pool
    assert "master key does not open" in poolhouse("pool", "show", pool, MASTER_KEY=old).complaint


def test_every_mistaken_setting_is_told_at_once(poolhouse):
    answer = poolhouse("pool", "list", ACCOUNT_ID="12", REGION="nowhere", NONSENSE="1")
    assert answer.code == 2
    assert [name in answer.complaint for name in ("ACCOUNT_ID", "REGION", "NONSENSE")] == [True, True, True]


@pytest.mark.parametrize("word", ["run", "db", "key", "pool", "client", "user", "group", "domain"])
def test_every_command_explains_itself(poolhouse, word):
    assert poolhouse(word, "--help").code == 0
    assert word in poolhouse("--help").output


def test_help_loads_nothing_heavy():
    program = (
        "import sys\nfrom click.testing import CliRunner\nfrom app.cli import main\n"
        "assert CliRunner().invoke(main, ['--help']).exit_code == 0\n"
        "print({'flask', 'sqlalchemy', 'alembic', 'botocore', 'granian', 'cryptography'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_machine_is_set_up_by_commands_alone(poolhouse, pool):
    made = poolhouse(
        "resource-server", "create", "--pool", pool, "books", "--scope", "read=Read books", "--scope", "write"
    ).json
    assert made["AllowedOAuthScopes"] == ["books/read", "books/write"]
    assert poolhouse("resource-server", "list", "--pool", pool).json == [made]
    client = poolhouse(
        "client", "create", "--pool", pool, "machine", "--client-credentials", "--scope", "books/read"
    ).json
    assert client["Settings"]["AllowedOAuthFlows"] == ["client_credentials"]
    assert len(client["ClientSecret"]) == 51
    assert poolhouse("resource-server", "delete", "--pool", pool, "books").code == 0
    assert poolhouse("resource-server", "list", "--pool", pool).json == []


def test_a_resource_server_that_cannot_be_is_refused_in_words(poolhouse, pool):
    for arguments in (
        ["create", "--pool", pool, "a b"],
        ["create", "--pool", pool, "books", "--scope", "a", "--scope", "a"],
        ["create", "--pool", "us-east-1_unknown00", "books"],
        ["list", "--pool", "us-east-1_unknown00"],
        ["delete", "--pool", pool, "books"],
    ):
        assert poolhouse("resource-server", *arguments).code in {1, 2}
    assert poolhouse("client", "create", "--pool", pool, "m", "--client-credentials").code == 1
    assert poolhouse("client", "create", "--pool", pool, "m", "--client-credentials", "--scope", "books/read").code == 1


def test_a_rotation_takes_the_pools_algorithm(poolhouse, pool):
    assert poolhouse("pool", "set", pool, "signing_algorithm=ES256").code == 0
    assert poolhouse("pool", "set", pool, "signing_algorithm=HS256").code == 1
    made = poolhouse("key", "rotate", "--pool", pool).json
    assert {key["algorithm"] for key in made} == {"ES256"}


def test_an_access_key_is_made_listed_without_its_secret_and_taken_back(poolhouse, pool):
    made = poolhouse("access-key", "create", "ci").json
    assert made["AccountId"] == "123456789012"
    assert made["Policy"] is None
    listed = poolhouse("access-key", "list")
    assert [key["AccessKeyId"] for key in listed.json] == [made["AccessKeyId"]]
    assert made["SecretAccessKey"] not in listed.output
    assert poolhouse("access-key", "delete", made["AccessKeyId"]).code == 0
    assert poolhouse("access-key", "list").json == []
    assert poolhouse("access-key", "delete", made["AccessKeyId"]).complaint == "Error: The access key does not exist.\n"


def test_an_access_key_takes_its_policy_from_a_file(poolhouse, pool, tmp_path):
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "cognito-idp:List*", "Resource": "*"}],
    }
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(policy))
    assert (
        poolhouse("access-key", "create", "ci", "--policy", f"@{file}", "--account", "1" * 12).json["Policy"] == policy
    )


@pytest.mark.parametrize(
    "policy",
    ["{", "[]", "{}", "@/no/such/file", '{"Statement": []}', '{"Statement": [{"Effect": "Allow", "NotAction": "*"}]}'],
)
def test_an_access_key_with_a_policy_that_is_none_is_not_made(poolhouse, pool, policy):
    answer = poolhouse("access-key", "create", "ci", "--policy", policy)
    assert answer.code in {1, 2}
    assert "Traceback" not in answer.complaint
    assert poolhouse("access-key", "list").json == []


def test_an_access_key_is_refused_with_the_place_and_the_reason(poolhouse, pool):
    policy = (
        '{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"stringlike": {"a:b": "c"}}}}'
    )
    assert poolhouse("access-key", "create", "ci", "--policy", policy).complaint == (
        "Error: Statement 1 has a Condition that cannot be enforced:"
        ' "stringlike" is no condition operator; StringLike is.\n'
    )


def a_token_of(issuer):
    return f"e30.{urlsafe_b64encode(json.dumps({'iss': issuer}).encode()).decode().rstrip('=')}.c2ln"


def test_explaining_a_token_of_another_address_says_which_setting_differs(poolhouse, pool):
    asked = ("--action", "s3:GetObject", "--resource", "*")
    told = poolhouse("explain", "--token", a_token_of(f"http://localhost:8640/{pool}"), *asked)
    assert told.code == 2
    assert "localhost:8640" in told.complaint
    assert "POOLHOUSE_PUBLIC_URL" in told.complaint
    # A stranger's token is a stranger's, whatever the setting.
    assert "POOLHOUSE_PUBLIC_URL" not in poolhouse("explain", "--token", a_token_of("http://x/y"), *asked).complaint


@pytest.mark.parametrize(
    ("action", "resource", "named"),
    [("GetObject", "*", "GetObject"), ("s3:", "*", "s3:"), ("s3:GetObject", "b/k", "b/k")],
)
def test_what_no_policy_could_mean_is_not_explained_as_a_denial(poolhouse, action, resource, named):
    told = poolhouse("explain", "--action", action, "--resource", resource)
    assert told.code == 2
    assert told.complaint.startswith(f"Error: {named}: ")
