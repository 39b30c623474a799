"""What goes together in a pool's document, and what its feature plan allows."""

from typing import Any

import pytest

from app.core.kernel.errors import InvalidParameter
from app.core.pools.document import (
    document_with_attributes,
    document_with_sessions,
    first_document,
    next_document,
)
from app.core.pools.errors import FeatureUnavailableInTier, TagsRefused, TierChangeNotAllowed
from app.core.pools.mfa_document import document_with_mfa, shown_mfa
from app.core.pools.rules import DEFAULT_ACR, check_relying_party
from app.core.pools.tags import with_tags, without_tags

TOTP = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
SMS = {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}}
TRACKED = {"UserSessionTracking": "ENABLED", "TokenSession": {"MaxPerUser": 3}}


def test_a_document_is_its_own_update() -> None:
    first = first_document({"AutoVerifiedAttributes": ["email"], "UserPoolTags": {"a": "b"}})
    assert next_document(first, first) == first


def test_one_validity_has_two_names() -> None:
    document = first_document({"AdminCreateUserConfig": {"UnusedAccountValidityDays": 3}})
    assert document["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"] == 3
    document = first_document({"Policies": {"PasswordPolicy": {"TemporaryPasswordValidityDays": 4}}})
    assert document["AdminCreateUserConfig"]["UnusedAccountValidityDays"] == 4


def test_an_update_keeps_what_other_operations_set() -> None:
    before = document_with_sessions(document_with_mfa(first_document({}), {"MfaConfiguration": "ON", **TOTP}), TRACKED)
    after = next_document(before, {"MfaConfiguration": "OPTIONAL"})
    assert (after["SoftwareTokenMfaConfiguration"], after["SessionConfiguration"]) == ({"Enabled": True}, TRACKED)


def test_texts_that_lose_their_configuration_are_offered_no_more() -> None:
    before = document_with_mfa(first_document(SMS), {"MfaConfiguration": "ON", **TOTP, "SmsMfaConfiguration": {}})
    assert "SmsMfaConfiguration" in shown_mfa(before)
    after = next_document(before, {"MfaConfiguration": "ON"})
    assert shown_mfa(after) == {"MfaConfiguration": "ON", **TOTP}


def test_the_last_factor_cannot_be_taken_by_an_update() -> None:
    before = document_with_mfa(first_document(SMS), {"MfaConfiguration": "ON", "SmsMfaConfiguration": {}})
    with pytest.raises(InvalidParameter):
        next_document(before, {"MfaConfiguration": "ON"})


def test_the_template_of_codes_by_mail_needs_no_mfa() -> None:
    sender = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/x"}
    mails = {"EmailMfaConfiguration": {"Message": "{####}", "Subject": "Code"}}
    document = document_with_mfa(first_document({"EmailConfiguration": sender}), {"MfaConfiguration": "OFF", **mails})
    assert shown_mfa(document) == {"MfaConfiguration": "OFF", **mails}


@pytest.mark.parametrize("kept", [{"SessionConfiguration": TRACKED}, {"DcrConfiguration": {}}])
def test_a_plan_is_not_lowered_under_what_an_update_keeps(kept: dict[str, Any]) -> None:
    with pytest.raises(TierChangeNotAllowed):
        next_document(first_document({}) | kept, {"UserPoolTier": "LITE"})


def test_a_plan_may_be_lowered_together_with_what_it_lacks() -> None:
    before = first_document({"Policies": {"PasswordPolicy": {"PasswordHistorySize": 3}}})
    assert next_document(before, {"UserPoolTier": "LITE"})["UserPoolTier"] == "LITE"
    with pytest.raises(FeatureUnavailableInTier):
        next_document(before, {"UserPoolTier": "LITE", "Policies": before["Policies"]})


def test_the_default_names_of_levels_are_no_feature_of_a_plan() -> None:
    shown = {level: {"AcrValue": name} for level, name in DEFAULT_ACR.items()}
    after = next_document(first_document({}), {"UserPoolTier": "LITE", "AcrConfiguration": shown})
    assert after["UserPoolTier"] == "LITE"


def test_sessions_are_beyond_the_lite_plan() -> None:
    with pytest.raises(FeatureUnavailableInTier):
        document_with_sessions(first_document({"UserPoolTier": "LITE"}), TRACKED)


def test_an_added_attribute_has_a_name_of_its_own() -> None:
    before = document_with_attributes(first_document({}), [{"Name": "plan"}])
    with pytest.raises(InvalidParameter, match="already has name custom:plan"):
        document_with_attributes(before, [{"Name": "plan"}])
    both = document_with_attributes(before, [{"Name": "plan", "DeveloperOnlyAttribute": True}])
    assert [member["Name"] for member in both["SchemaAttributes"]][-2:] == ["custom:plan", "dev:custom:plan"]


@pytest.mark.parametrize(
    "rp_id", ["", "com", "https://example.com", "exa mple.com", "example.com:8000", "-x.example", "Example.com"]
)
def test_a_relying_party_is_a_domain_name(rp_id: str) -> None:
    with pytest.raises(InvalidParameter):
        check_relying_party(rp_id, None)


def test_a_relying_party_is_the_custom_domain_or_above_it() -> None:
    check_relying_party("login.example.com", "login.example.com")
    check_relying_party("example.com", "login.example.com")
    check_relying_party("localhost", None)
    for other in ("other.example.com", "ample.com", "x.login.example.com"):
        with pytest.raises(InvalidParameter):
            check_relying_party(other, "login.example.com")


def test_tags_are_merged_and_counted_together() -> None:
    fifty = {str(number): "x" for number in range(50)}
    assert with_tags(fifty, {"0": "y"})["0"] == "y"
    with pytest.raises(TagsRefused):
        with_tags(fifty, {"more": "x"})
    assert without_tags({"a": "b", "c": "d"}, ["a", "unknown"]) == {"c": "d"}


@pytest.mark.parametrize("key", ["aws:x", "AwS:x", "a\nb", "a*", "", "k" * 129])
def test_keys_that_cannot_be_are_refused(key: str) -> None:
    with pytest.raises(TagsRefused):
        with_tags({}, {key: "x"})
