"""Pools: what CreateUserPool accepts, what it completes, and what may change later."""

import pytest

from app.aws.validation import BotocoreSchema
from app.core.kernel.errors import Conflict, InvalidParameter, PoolNotFound
from app.core.kernel.extensions import ExtensionInvalid
from app.core.kernel.ids import PoolId
from app.core.pools.service import Pools
from tests.support.world import World, fresh_sqlite

SCHEMA = BotocoreSchema()


class KeysThatAreNoted:
    def __init__(self):
        self.ensured = []
        self.broken = False

    def ensure(self, pool_id, algorithm):
        if self.broken:
            raise RuntimeError("no entropy")
        self.ensured.append(pool_id)


def refuse_ugly(document):
    if "ugly" in document:
        raise ValueError("ugly: is not a colour")


@pytest.fixture
def world(tmp_path):
    world = World(fresh_sqlite(tmp_path))
    yield world
    world.close()


@pytest.fixture
def keys():
    return KeysThatAreNoted()


@pytest.fixture
def pools(world, keys):
    return Pools(
        store=world.pools,
        domains=world.domains,
        read=world.pools.find,
        read_domain=world.domains.find,
        schema=SCHEMA,
        keys=keys,
        check_branding=refuse_ugly,
        clock=world.clock,
        transactions=world.database,
        public_hostname="login.example.com",
    )


def create(pools, settings=None, extensions=None, name="pool"):
    return pools.create(
        account_id="123456789012", region="us-east-1", name=name, settings=settings or {}, extensions=extensions
    )


def custom(name="score", **member):
    return {"Schema": [{"Name": name, "AttributeDataType": "Number", **member}]}


def test_a_new_pool_is_stored_with_keys_and_every_default(pools, keys):
    pool = create(pools)
    document = pools.get(pool.pool_id).settings.document
    assert keys.ensured == [pool.pool_id]
    assert document["Policies"]["PasswordPolicy"]["MinimumLength"] == 8
    assert document["UserPoolTier"] == "ESSENTIALS"
    assert document["DeletionProtection"] == "INACTIVE"
    assert document["MfaConfiguration"] == "OFF"
    assert pool.settings.case_sensitive
    assert {"sub", "email", "phone_number_verified"} <= {member["Name"] for member in document["SchemaAttributes"]}


def test_a_pool_whose_keys_cannot_be_made_is_not_left_behind(pools, keys, world):
    keys.broken = True
    with pytest.raises(RuntimeError):
        create(pools)
    assert world.pools.list_all() == []


def test_custom_attributes_get_their_prefix(pools):
    schema = create(pools, custom(DeveloperOnlyAttribute=False)).settings.schema
    assert schema["custom:score"].data_type == "Number"
    assert create(pools, custom(DeveloperOnlyAttribute=True)).settings.schema["dev:custom:score"].developer_only


@pytest.mark.parametrize(
    "settings",
    [
        {"AliasAttributes": ["email"], "UsernameAttributes": ["phone_number"]},
        {"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}},
        {
            "AccountRecoverySetting": {
                "RecoveryMechanisms": [{"Priority": 1, "Name": "admin_only"}, {"Priority": 2, "Name": "verified_email"}]
            }
        },
        {
            "AccountRecoverySetting": {
                "RecoveryMechanisms": [
                    {"Priority": 1, "Name": "verified_phone_number"},
                    {"Priority": 1, "Name": "verified_email"},
                ]
            }
        },
        {"MfaConfiguration": "ON"},
        custom(Required=True),
        custom("a" * 21),
        custom("custom:score"),
        {"Schema": [{"Name": "score"}, {"Name": "score"}]},
        {"Schema": [{"Name": f"a{n}"} for n in range(51)]},
        custom(NumberAttributeConstraints={"MinValue": "5", "MaxValue": "4"}),
        custom(NumberAttributeConstraints={"MinValue": "five"}),
        {"Schema": [{"Name": "a", "StringAttributeConstraints": {"MaxLength": "2049"}}]},
        {"Schema": [{"Name": "email", "AttributeDataType": "Number"}]},
        {"Schema": [{"Name": "email", "DeveloperOnlyAttribute": True}]},
        {"Schema": [{"Name": "sub", "Mutable": True}]},
        {"Policies": {"PasswordPolicy": {"MinimumLength": 5}}},
        {"Policies": {"PasswordPolicy": {"MinimumLength": 100}}},
        {"Policies": {"PasswordPolicy": {"MinimumLength": True}}},
        {"EmailVerificationMessage": "no code in it"},
        {"NoSuchMember": 1},
        {"UsernameConfiguration": {}},
    ],
    ids=str,
)
def test_settings_that_contradict_themselves_are_refused(pools, world, settings):
    with pytest.raises(InvalidParameter):
        create(pools, settings)
    assert world.pools.list_all() == []


@pytest.mark.parametrize("name", ["", "x" * 129, "semi;colon"])
def test_a_pools_name_is_checked(pools, name):
    with pytest.raises(InvalidParameter, match="poolName"):
        create(pools, name=name)


def test_an_update_replaces_everything_but_what_is_frozen(pools):
    pool = create(pools, {"UsernameAttributes": ["email"], "DeletionProtection": "ACTIVE", "UserPoolTier": "PLUS"})
    changed = pools.update_settings(pool.pool_id, {"AutoVerifiedAttributes": ["email"]})
    assert changed.settings.username_attributes == {"email"}
    assert changed.settings.auto_verified == {"email"}
    assert changed.settings.document["DeletionProtection"] == "INACTIVE"
    assert changed.settings.document["UserPoolTier"] == "PLUS"


def test_an_update_of_a_pool_that_is_not_there_is_refused(pools):
    with pytest.raises(PoolNotFound):
        pools.update_settings(PoolId("us-east-1_abcdefghi"), {})


def test_a_protected_pool_is_not_removed(pools):
    pool = create(pools, {"DeletionProtection": "ACTIVE"})
    with pytest.raises(InvalidParameter):
        pools.remove(pool.pool_id)


def test_a_pool_with_a_domain_is_not_removed(pools):
    pool = create(pools)
    pools.add_domain(pool.pool_id, "acme")
    with pytest.raises(InvalidParameter):
        pools.remove(pool.pool_id)
    pools.remove_domain(pool.pool_id, "acme")
    pools.remove(pool.pool_id)
    with pytest.raises(PoolNotFound):
        pools.get(pool.pool_id)


# -- domains -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["acme.auth.us-east-1.login.example.com", "ACME.auth.us-east-1.login.example.com.", "id.acme.example"]
)
def test_a_pool_is_found_by_its_own_host(pools, host):
    pool = create(pools)
    pools.add_domain(pool.pool_id, "acme")
    pools.add_domain(pool.pool_id, "ID.acme.example")
    assert pools.find_by_host(host) == pool


@pytest.mark.parametrize(
    "host",
    [
        "login.example.com",
        "acme",
        "acme.login.example.com",
        "acme.auth.eu-west-1.login.example.com",
        "acme.auth.us-east-1.evil.example",
        "acme.auth.us-east-1.login.example.com.evil.example",
        "id.acme.example.auth.us-east-1.login.example.com",
        "x.id.acme.example",
        "",
    ],
)
def test_any_other_host_is_nobodys(pools, host):
    pool = create(pools)
    pools.add_domain(pool.pool_id, "acme")
    pools.add_domain(pool.pool_id, "id.acme.example")
    assert pools.find_by_host(host) is None


@pytest.mark.parametrize(
    "domain",
    ["", "-a", "a-", "a_b", "a" * 64, "my-aws", "amazonia", "login.example.com", "x.auth.us-east-1.login.example.com",
     "a..b", "1.2.3.4", "a b.example", "example.com:8000", "*.example.com"],
)  # fmt: skip
def test_a_domain_that_is_none_is_refused(pools, domain):
    pool = create(pools)
    with pytest.raises(InvalidParameter):
        pools.add_domain(pool.pool_id, domain)


def test_a_domain_belongs_to_one_pool(pools):
    first, second = create(pools), create(pools)
    pools.add_domain(first.pool_id, "acme")
    with pytest.raises(Conflict):
        pools.add_domain(second.pool_id, "acme")
    with pytest.raises(InvalidParameter):
        pools.remove_domain(second.pool_id, "acme")
    with pytest.raises(InvalidParameter):
        pools.add_domain(first.pool_id, "acme2")


# -- what is ours ------------------------------------------------------------------------------------------------------


def test_an_extension_is_set_typed_and_restored(pools):
    pool = create(pools)
    assert pools.set_extension(pool.pool_id, "password_expires_days", "90").extensions.password_expires_days == 90
    assert pools.set_extension(pool.pool_id, "enabled", "no").extensions.enabled is False
    assert pools.set_extension(pool.pool_id, "enabled", "").extensions.enabled is True
    assert pools.get(pool.pool_id).extensions.document == {"password_expires_days": 90}


def test_an_update_never_touches_the_extensions(pools):
    pool = create(pools, extensions={"refuse_common_passwords": True})
    assert pools.update_settings(pool.pool_id, {}).extensions.refuse_common_passwords


@pytest.mark.parametrize(
    ("key", "value", "document"),
    [
        ("branding.accent", "#0b57d0", {"accent": "#0b57d0"}),
        ("theme", "harbour", {"theme": "harbour"}),
        ("branding.radius", "8", {"radius": 8}),
        ("branding.links.help", "https://x.example", {"links": {"help": "https://x.example"}}),
        ("branding.texts.en.sign_in.title", "Hi", {"texts": {"en": {"sign_in.title": "Hi"}}}),
        ("branding", {"accent": "#000"}, {"accent": "#000"}),
    ],
)
def test_branding_is_reached_by_dots_and_leaves_without_a_trace(pools, key, value, document):
    pool = create(pools)
    assert pools.set_extension(pool.pool_id, key, value).extensions.document == {"branding": document}
    assert pools.set_extension(pool.pool_id, key, "").extensions.document == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("refuse_common_password", "true"),
        ("refuse_common_passwords", "maybe"),
        ("password_expires_days", "0"),
        ("password_expires_days", "3651"),
        ("password_expires_days", "-1"),
        ("password_expires_days", "٣"),
        ("default_language", "english, please"),
        ("branding", "blue"),
        ("branding.", "x"),
        ("branding.ugly", "x"),
        ("branding.links.help.more", "x"),
        ("", "x"),
        ("document", "x"),
    ],
)
def test_an_extension_that_does_not_fit_is_refused_and_changes_nothing(pools, key, value):
    pool = create(pools)
    with pytest.raises(ExtensionInvalid):
        pools.set_extension(pool.pool_id, key, value)
    assert pools.get(pool.pool_id).extensions.document == {}
