"""Passkeys through stock boto3, with an authenticator in software."""

import json
from dataclasses import dataclass

import pytest

from app.core.clients.model import Client
from app.core.factors.errors import PasskeyRefused
from app.core.factors.passkeys import RelyingParty
from app.core.kernel.caller import Caller
from app.core.pools.model import Pool
from app.core.users.model import User
from tests.support.authenticator import EDDSA, RS256, Authenticator, encode
from tests.support.aws_house import AwsHouse
from tests.support.signed_in import access_token_of

PAGE = "https://app.example.com"
FACTORS = {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}}
WEBAUTHN = {"RelyingPartyId": "example.com", "UserVerification": "preferred"}


@dataclass
class Ada:
    house: AwsHouse
    pool: Pool
    client: Client
    user: User
    token: str

    @property
    def rp(self) -> RelyingParty:
        return self.house.services.passkeys.relying_party(self.pool)

    def start(self) -> dict:
        return self.house.unsigned.start_web_authn_registration(AccessToken=self.token)["CredentialCreationOptions"]

    def complete(self, credential: object) -> None:
        self.house.unsigned.complete_web_authn_registration(AccessToken=self.token, Credential=credential)

    def register(self, device: Authenticator) -> None:
        self.complete(device.create(self.start()))

    def listed(self, **more: object) -> dict:
        return self.house.unsigned.list_web_authn_credentials(AccessToken=self.token, **more)

    def ask(self, user: User | None):
        return self.house.services.passkeys.request(self.pool, user, self.rp)

    def check(self, user: User | None, state: str, answer: str):
        return self.house.services.passkeys.check(self.pool, user, state, answer, self.rp)

    def refused(self, name: str):
        return pytest.raises(getattr(self.house.unsigned.exceptions, name))


def someone(house: AwsHouse, webauthn: dict | None = WEBAUTHN, **settings: object) -> Ada:
    pool = house.pool(**{**FACTORS, **settings})
    if webauthn:
        house.idp.set_user_pool_mfa_config(UserPoolId=pool.pool_id, WebAuthnConfiguration=webauthn)
    pool = house.services.pools.get(pool.pool_id)
    client, user = house.app_client(pool), house.user(pool)
    return Ada(house, pool, client, user, access_token_of(house.services, pool, client, user))


@pytest.fixture
def ada(house):
    return someone(house)


@pytest.fixture
def device():
    return Authenticator(PAGE)


# -- registration ------------------------------------------------------------------------------------------------------


@pytest.mark.operation("StartWebAuthnRegistration")
def test_the_options_are_what_a_browser_is_given(ada):
    options = ada.start()
    assert options["rp"] == {"id": "example.com", "name": "pool"}
    assert options["user"]["name"] == "ada"
    assert ada.user.sub not in json.dumps(options)
    assert [kind["alg"] for kind in options["pubKeyCredParams"]] == [-7, -257]
    assert options["attestation"] == "none"
    assert options["authenticatorSelection"]["userVerification"] == "preferred"
    assert options["excludeCredentials"] == []


@pytest.mark.operation("CompleteWebAuthnRegistration")
@pytest.mark.operation("ListWebAuthnCredentials")
def test_a_registered_passkey_is_listed_and_excluded_from_then_on(ada, device):
    ada.register(device)
    [found] = ada.listed()["Credentials"]
    assert found["CredentialId"] == encode(device.kept[0].credential_id)
    assert found["RelyingPartyId"] == "example.com"
    assert found["AuthenticatorAttachment"] == "platform"
    assert found["AuthenticatorTransports"] == ["internal"]
    assert found["CreatedAt"].timestamp() == ada.house.clock.now()
    assert found["FriendlyCredentialName"]
    assert [one["id"] for one in ada.start()["excludeCredentials"]] == [found["CredentialId"]]
    factors = ada.house.unsigned.get_user_auth_factors(AccessToken=ada.token)
    assert factors["ConfiguredUserAuthFactors"] == ["PASSWORD", "WEB_AUTHN"]


def test_the_name_that_its_owner_gave_is_the_friendly_name(ada, device):
    ada.register(device)
    [found] = ada.listed()["Credentials"]
    ada.house.services.passkeys.rename(ada.pool, ada.user, found["CredentialId"], " Laptop ", Caller())
    assert ada.listed()["Credentials"] == [found | {"FriendlyCredentialName": "Laptop"}]


def test_an_rsa_key_is_as_good(ada):
    device = Authenticator(PAGE, algorithm=RS256)
    ada.register(device)
    asked = ada.ask(ada.user)
    assert ada.check(ada.user, asked.state, device.get(asked.options)).sub == ada.user.sub


@pytest.mark.operation("StartWebAuthnRegistration", "WebAuthnNotEnabledException")
@pytest.mark.operation("CompleteWebAuthnRegistration", "WebAuthnNotEnabledException")
def test_a_pool_that_allows_no_passkeys_registers_none(house, ada, device):
    other = someone(house, Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]}})
    with ada.refused("WebAuthnNotEnabledException"):
        other.start()
    with ada.refused("WebAuthnNotEnabledException"):
        other.complete(device.create(ada.start()))


@pytest.mark.operation("CompleteWebAuthnRegistration", "WebAuthnChallengeNotFoundException")
def test_a_challenge_is_good_once_for_its_user_and_not_for_long(house, ada, device):
    made = device.create(ada.start())
    with ada.refused("WebAuthnChallengeNotFoundException"):
        someone(house).complete(made)
    ada.complete(made)
    with ada.refused("WebAuthnChallengeNotFoundException"):
        ada.complete(made)
    late = device.create(ada.start())
    house.clock.advance(minutes=15)
    with ada.refused("WebAuthnChallengeNotFoundException"):
        ada.complete(late)
    with ada.refused("WebAuthnChallengeNotFoundException"):
        ada.complete(device.create(ada.start(), challenge=encode(b"x" * 32)))


@pytest.mark.operation("CompleteWebAuthnRegistration", "WebAuthnClientMismatchException")
def test_a_registration_is_finished_by_the_client_that_began_it(ada, device):
    made = device.create(ada.start())
    other = ada.house.app_client(ada.pool)
    token = access_token_of(ada.house.services, ada.pool, other, ada.user)
    with ada.refused("WebAuthnClientMismatchException"):
        ada.house.unsigned.complete_web_authn_registration(AccessToken=token, Credential=made)


@pytest.mark.operation("CompleteWebAuthnRegistration", "WebAuthnOriginNotAllowedException")
@pytest.mark.parametrize(
    "origin",
    ["https://evil.com", "http://app.example.com", "https://notexample.com", "https://example.com.evil.com", "https://example.com@evil.com", "null", "http://[", "https://app.example.com/x"],
)  # fmt: skip
def test_another_sites_page_registers_nothing(ada, origin):
    with ada.refused("WebAuthnOriginNotAllowedException"):
        ada.register(Authenticator(origin))


@pytest.mark.operation("CompleteWebAuthnRegistration", "WebAuthnRelyingPartyMismatchException")
def test_another_relying_partys_passkey_is_refused(ada, device):
    with ada.refused("WebAuthnRelyingPartyMismatchException"):
        ada.complete(device.create(ada.start(), rp_id="app.example.com"))


@pytest.mark.operation("CompleteWebAuthnRegistration", "WebAuthnCredentialNotSupportedException")
def test_a_key_of_an_algorithm_that_was_not_offered_is_refused(ada):
    with ada.refused("WebAuthnCredentialNotSupportedException"):
        ada.register(Authenticator(PAGE, algorithm=EDDSA))


def test_an_id_is_as_long_as_the_standard_says_and_no_longer(ada):
    ada.register(Authenticator(PAGE, id_bytes=1023))
    with ada.refused("WebAuthnCredentialNotSupportedException"):
        ada.register(Authenticator(PAGE, id_bytes=1024))


def test_where_user_verification_is_required_it_is(house):
    strict = someone(house, {**WEBAUTHN, "UserVerification": "required"})
    assert strict.start()["authenticatorSelection"]["userVerification"] == "required"
    with strict.refused("WebAuthnCredentialNotSupportedException"):
        strict.register(Authenticator(PAGE, verifies_user=False))
    device = Authenticator(PAGE)
    strict.register(device)
    device.verifies_user = False
    asked = strict.ask(strict.user)
    with pytest.raises(PasskeyRefused):
        strict.check(strict.user, asked.state, device.get(asked.options))


@pytest.mark.operation("CompleteWebAuthnRegistration", "InvalidParameterException")
@pytest.mark.parametrize("credential", ["text", [], 7, {}, {"id": "x"}, {"id": "x", "rawId": "x", "type": "public-key", "response": {"clientDataJSON": "e30", "attestationObject": "e30"}}])  # fmt: skip
def test_what_is_no_credential_is_refused(ada, credential):
    with ada.refused("InvalidParameterException"):
        ada.complete(credential)


@pytest.mark.parametrize("told", [[], {}, ["platform"], 5, None, "other"])
def test_what_an_authenticator_tells_of_itself_may_be_anything(ada, device, told):
    ada.complete({**device.create(ada.start()), "authenticatorAttachment": told})
    assert "AuthenticatorAttachment" not in ada.listed()["Credentials"][0]


@pytest.mark.parametrize("told", [[], {}, None, "other"])
def test_nor_does_it_matter_at_sign_in(ada, device, told):
    ada.register(device)
    asked = ada.ask(ada.user)
    answer = {**json.loads(device.get(asked.options)), "authenticatorAttachment": told}
    assert ada.check(ada.user, asked.state, json.dumps(answer)) is not None


def test_an_attestation_that_is_no_cbor_is_refused(ada, device):
    made = device.create(ada.start())
    made["response"]["attestationObject"] = encode(b"\xff" * 80)
    with ada.refused("InvalidParameterException"):
        ada.complete(made)


@pytest.mark.operation("StartWebAuthnRegistration", "LimitExceededException")
@pytest.mark.operation("CompleteWebAuthnRegistration", "LimitExceededException")
def test_a_user_has_at_most_twenty(ada, device):
    first = ada.start()
    for _ in range(20):
        ada.register(device)
    with ada.refused("LimitExceededException"):
        ada.start()
    with ada.refused("LimitExceededException"):
        ada.complete(device.create(first))
    page = ada.listed(MaxResults=15)
    rest = ada.listed(MaxResults=15, NextToken=page["NextToken"])
    assert len({one["CredentialId"] for one in page["Credentials"] + rest["Credentials"]}) == 20
    assert "NextToken" not in rest


@pytest.mark.operation("StartWebAuthnRegistration", "WebAuthnConfigurationMissingException")
def test_a_site_without_a_name_has_no_relying_party(tmp_path):
    house = AwsHouse(tmp_path, public_url="http://127.0.0.1:9")
    try:
        nameless = someone(house, None)
        with nameless.refused("WebAuthnConfigurationMissingException"):
            nameless.start()
    finally:
        house.close()


def test_without_a_relying_party_id_it_is_the_domain_then_the_servers_own_name(house):
    plain = someone(house, None)
    assert plain.rp.rp_id == "localhost"
    assert plain.rp.allows("http://localhost:3000")
    house.services.pools.add_domain(plain.pool.pool_id, "passkeys-here")
    assert plain.rp.rp_id == "passkeys-here.auth.us-east-1.localhost"
    assert plain.rp.allows(house.url.replace("localhost", plain.rp.rp_id))
    assert not plain.rp.allows(house.url)


# -- own credentials ---------------------------------------------------------------------------------------------------


@pytest.mark.operation("DeleteWebAuthnCredential")
def test_a_deleted_passkey_signs_nobody_in(ada, device):
    ada.register(device)
    asked = ada.ask(ada.user)
    ada.house.unsigned.delete_web_authn_credential(
        AccessToken=ada.token, CredentialId=encode(device.kept[0].credential_id)
    )
    assert ada.listed()["Credentials"] == []
    with pytest.raises(PasskeyRefused):
        ada.check(ada.user, asked.state, device.get(asked.options))


@pytest.mark.operation("DeleteWebAuthnCredential", "ResourceNotFoundException")
def test_somebody_elses_passkey_is_nobodys(house, ada, device):
    ada.register(device)
    bob = house.user(ada.pool, "bob")
    token = access_token_of(house.services, ada.pool, ada.client, bob)
    with ada.refused("ResourceNotFoundException"):
        house.unsigned.delete_web_authn_credential(AccessToken=token, CredentialId=encode(device.kept[0].credential_id))
    assert len(ada.listed()["Credentials"]) == 1


@pytest.mark.operation("StartWebAuthnRegistration", "NotAuthorizedException")
@pytest.mark.operation("CompleteWebAuthnRegistration", "NotAuthorizedException")
@pytest.mark.operation("ListWebAuthnCredentials", "NotAuthorizedException")
@pytest.mark.operation("DeleteWebAuthnCredential", "NotAuthorizedException")
def test_a_stranger_has_no_passkeys(ada):
    for name, more in [
        ("start_web_authn_registration", {}),
        ("complete_web_authn_registration", {"Credential": {}}),
        ("list_web_authn_credentials", {}),
        ("delete_web_authn_credential", {"CredentialId": "x"}),
    ]:
        with ada.refused("NotAuthorizedException"):
            getattr(ada.house.unsigned, name)(AccessToken="a.b.c", **more)


# -- sign-in -----------------------------------------------------------------------------------------------------------


def test_a_passkey_proves_its_user_asked_or_not(ada, device):
    ada.register(device)
    asked = ada.ask(ada.user)
    assert [one["id"] for one in json.loads(asked.options)["allowCredentials"]] == [
        encode(device.kept[0].credential_id)
    ]
    proven = ada.check(ada.user, asked.state, device.get(asked.options))
    assert (proven.sub, proven.user_verified, proven.amr) == (ada.user.sub, True, "swk")
    open_ask = ada.ask(None)
    assert json.loads(open_ask.options)["allowCredentials"] == []
    assert ada.check(None, open_ask.state, device.get(open_ask.options)).sub == ada.user.sub


def test_a_request_is_answered_once(ada, device):
    ada.register(device)
    asked = ada.ask(ada.user)
    ada.check(ada.user, asked.state, device.get(asked.options))
    with pytest.raises(PasskeyRefused):
        ada.check(ada.user, asked.state, device.get(asked.options))


def test_a_request_that_was_for_one_user_or_nobody_is_for_no_other(house, ada, device):
    ada.register(device)
    bob = house.user(ada.pool, "bob")
    for asked_of, given in [(bob, bob), (ada.user, bob), (ada.user, None), (None, ada.user)]:
        asked = ada.ask(asked_of)
        with pytest.raises(PasskeyRefused):
            ada.check(given, asked.state, device.get(asked.options))


def test_without_a_handle_nobody_in_particular_is_proven(ada, device):
    ada.register(device)
    asked = ada.ask(None)
    with pytest.raises(PasskeyRefused):
        ada.check(None, asked.state, device.get(asked.options, handle=False))
    asked = ada.ask(ada.user)
    assert ada.check(ada.user, asked.state, device.get(asked.options, handle=False)).sub == ada.user.sub


def test_a_copied_authenticator_is_noticed_by_its_count(ada, device):
    ada.register(device)
    for _ in range(2):
        asked = ada.ask(ada.user)
        ada.check(ada.user, asked.state, device.get(asked.options))
    device.kept[0].count = 1
    asked = ada.ask(ada.user)
    with pytest.raises(PasskeyRefused):
        ada.check(ada.user, asked.state, device.get(asked.options))


def test_a_synced_passkey_counts_nothing_and_works_again_and_again(ada):
    device = Authenticator(PAGE, synced=True, counting=False)
    ada.register(device)
    for _ in range(2):
        asked = ada.ask(ada.user)
        assert ada.check(ada.user, asked.state, device.get(asked.options)).amr == "swk"


@pytest.mark.parametrize("origin", ["https://evil.com", "http://app.example.com"])
def test_another_sites_page_signs_nobody_in(ada, device, origin):
    ada.register(device)
    device.origin = origin
    asked = ada.ask(ada.user)
    with pytest.raises(PasskeyRefused):
        ada.check(ada.user, asked.state, device.get(asked.options))


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", "x" * 20_000, '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}'])  # fmt: skip
def test_nonsense_signs_nobody_in(ada, answer):
    with pytest.raises(PasskeyRefused):
        ada.check(ada.user, ada.ask(ada.user).state, answer)


def test_a_signature_over_another_challenge_or_by_another_key_is_refused(ada, device):
    ada.register(device)
    asked = ada.ask(ada.user)
    with pytest.raises(PasskeyRefused):
        ada.check(ada.user, asked.state, device.get(asked.options, challenge=encode(b"x" * 32)))
    other = Authenticator(PAGE)
    other.create(ada.start())
    other.kept[0].credential_id = device.kept[0].credential_id
    asked = ada.ask(ada.user)
    with pytest.raises(PasskeyRefused):
        ada.check(ada.user, asked.state, other.get(asked.options))
