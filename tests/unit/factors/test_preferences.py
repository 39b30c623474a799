"""The pure rules of second factors and relying parties."""

from dataclasses import replace

import pytest

from app.core.factors.errors import PasskeysNotConfigured
from app.core.factors.passkey import Passkey, RelyingParty, relying_party_of
from app.core.factors.preferences import EMAIL, PASSKEY, SMS, TOKEN, Choice, choose_preference, without_factor
from app.core.kernel.errors import InvalidParameter
from app.core.kernel.ids import PoolId, Sub
from app.core.pools.model import Domain, Pool, PoolExtensions
from app.core.pools.settings import PoolSettings
from app.core.users.model import MfaPreference

BOTH = MfaPreference(enabled=(SMS, TOKEN), preferred=TOKEN)


@pytest.mark.parametrize(
    ("choices", "after"),
    [
        ({}, BOTH),
        ({TOKEN: Choice(enabled=False)}, MfaPreference(enabled=(SMS,))),
        ({SMS: Choice(preferred=True)}, MfaPreference(enabled=(SMS, TOKEN), preferred=SMS)),
        ({TOKEN: Choice(preferred=False)}, MfaPreference(enabled=(SMS, TOKEN))),
        ({SMS: Choice(preferred=False)}, BOTH),
        ({EMAIL: Choice(enabled=True)}, MfaPreference(enabled=(SMS, TOKEN, EMAIL), preferred=TOKEN)),
    ],
)
def test_what_is_not_said_stays(choices, after):
    assert choose_preference(BOTH, choices) == after


@pytest.mark.parametrize(
    "choices",
    [
        {SMS: Choice(preferred=True), TOKEN: Choice(preferred=True)},
        {EMAIL: Choice(preferred=True)},
        {TOKEN: Choice(enabled=False, preferred=True)},
        {SMS: Choice(enabled=False), TOKEN: Choice(enabled=False), PASSKEY: Choice(enabled=True)},
    ],
)
def test_what_cannot_be_is_refused(choices):
    with pytest.raises(InvalidParameter):
        choose_preference(BOTH, choices)


def test_a_factor_that_is_lost_takes_a_lone_passkey_along():
    assert without_factor(MfaPreference(enabled=(SMS, PASSKEY), preferred=SMS), SMS) == MfaPreference()
    assert without_factor(BOTH, SMS) == MfaPreference(enabled=(TOKEN,), preferred=TOKEN)


def pool_with(**webauthn) -> Pool:
    return Pool(
        pool_id=PoolId("us-east-1_x"),
        account_id="123456789012",
        region="us-east-1",
        name="pool",
        settings=PoolSettings.read({"WebAuthnConfiguration": webauthn} if webauthn else {}),
        extensions=PoolExtensions.read({}),
        created_at=0,
        updated_at=0,
    )


def domain(name: str, *, custom: bool) -> Domain:
    return Domain(domain=name, pool_id=PoolId("us-east-1_x"), custom=custom, created_at=0)


PREFIX, CUSTOM = domain("shop", custom=False), domain("login.shop.example", custom=True)
SITE = "https://id.example.com:8443"


@pytest.mark.parametrize(
    ("pool", "domains", "rp_id"),
    [
        (pool_with(RelyingPartyId="shop.example"), [PREFIX, CUSTOM], "shop.example"),
        (pool_with(), [PREFIX, CUSTOM], "login.shop.example"),
        (pool_with(), [PREFIX], "shop.auth.us-east-1.id.example.com"),
        (pool_with(), [], "id.example.com"),
    ],
)
def test_the_relying_party_is_the_nearest_name(pool, domains, rp_id):
    rp = relying_party_of(pool, domains, SITE)
    assert rp.rp_id == rp_id
    assert rp.allows(f"https://{rp_id}")
    assert rp.allows(f"https://app.{rp_id}")


def test_the_servers_own_pages_count_with_their_port():
    assert relying_party_of(pool_with(), [], SITE).origins == (SITE,)
    assert relying_party_of(pool_with(RelyingPartyId="other.example"), [PREFIX], SITE).origins == ()


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "https://[::1]:8443"])
def test_an_address_is_no_relying_party(url):
    with pytest.raises(PasskeysNotConfigured):
        relying_party_of(pool_with(), [], url)


@pytest.mark.parametrize(
    "origin",
    ["", "null", "https://", "http://example.com", "https://evilexample.com", "https://example.com.evil", "https://example.com/", "https://example.com?x", "https://a@example.com", "ftp://example.com", "https://[", "android:apk-key-hash:x"],
)  # fmt: skip
def test_an_origin_of_another_site_is_refused(origin):
    assert not RelyingParty(rp_id="example.com").allows(origin)


def test_plain_http_is_for_localhost_alone():
    local = RelyingParty(rp_id="localhost")
    assert local.allows("http://localhost:3000")
    assert not local.allows("http://evil.localhost.example")
    assert not RelyingParty(rp_id="example.com").allows("http://localhost")


def test_a_key_in_a_device_of_its_own_is_told_apart():
    roaming = Passkey(
        pool_id=PoolId("p"), credential_id="c", sub=Sub("s"), public_key=b"", sign_count=0, transports=("usb",),
        attachment="cross-platform", name="", aaguid="", rp_id="", created_at=0,
    )  # fmt: skip
    assert roaming.amr == "hwk"
    assert replace(roaming, attachment="platform").amr == "swk"
    assert replace(roaming, backed_up=True).amr == "swk"
