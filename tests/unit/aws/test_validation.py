"""AWS's documents are refused in AWS's words (errors-and-protocol.md §4)."""

import json
import re
import subprocess
import sys
import unicodedata
from timeit import repeat

import pytest

from app.aws import codec
from app.aws.models import load_model
from app.aws.validation import BotocoreSchema, java_pattern
from app.core.kernel.errors import InvalidParameter

SCHEMA = BotocoreSchema()


def refusal(operation, document):
    with pytest.raises(InvalidParameter) as refused:
        SCHEMA.check(operation, document)
    return refused.value.text


@pytest.mark.parametrize(
    ("operation", "document", "words"),
    [
        (
            "CreateUserPool",
            {},
            "1 validation error detected: Value null at 'poolName' failed to satisfy constraint: Member must not be null",
        ),
        (
            "CreateUserPool",
            {"PoolName": "x" * 129},
            (
                f"1 validation error detected: Value '{'x' * 129}' at 'poolName' failed to satisfy constraint: "
                "Member must have length less than or equal to 128"
            ),
        ),
        (
            "CreateUserPool",
            {"PoolName": "a;b"},
            (
                "1 validation error detected: Value 'a;b' at 'poolName' failed to satisfy constraint: "
                r"Member must satisfy regular expression pattern: [\w\s+=,.@-]+"
            ),
        ),
        (
            "CreateUserPool",
            {"PoolName": "a", "MfaConfiguration": "MAYBE"},
            (
                "1 validation error detected: Value 'MAYBE' at 'mfaConfiguration' failed to satisfy constraint: "
                "Member must satisfy enum value set: [OFF, ON, OPTIONAL]"
            ),
        ),
        (
            "CreateUserPool",
            {"PoolName": "a", "Policies": {"PasswordPolicy": {"MinimumLength": 5}}},
            (
                "1 validation error detected: Value '5' at 'policies.passwordPolicy.minimumLength' failed to satisfy "
                "constraint: Member must have value greater than or equal to 6"
            ),
        ),
        (
            "CreateUserPool",
            {"PoolName": "a", "Schema": [{"Name": "ok"}, {"Name": ""}]},
            (
                "2 validation errors detected: Value '' at 'schema.2.member.name' failed to satisfy constraint: Member must "
                "have length greater than or equal to 1; Value '' at 'schema.2.member.name' failed to satisfy constraint: "
                r"Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+"
            ),
        ),
    ],
)
def test_a_violation_is_told_in_awss_words(operation, document, words):
    assert refusal(operation, document) == words


def test_every_violation_is_told_at_once():
    text = refusal("CreateUserPoolClient", {"UserPoolId": "x", "AccessTokenValidity": 0, "CallbackURLs": [""]})
    assert text.startswith("5 validation errors detected: ")


def test_a_sensitive_value_is_never_repeated():
    text = refusal("CreateUserPoolClient", {"UserPoolId": "a_b", "ClientName": "a", "ClientSecret": "hush"})
    assert "hush" not in text
    assert "Value at 'clientSecret' failed" in text


@pytest.mark.parametrize(
    "document",
    [
        {"PoolName": 5},
        {"PoolName": "a", "AutoVerifiedAttributes": "email"},
        {"PoolName": "a", "Policies": []},
        {"PoolName": "a", "UserPoolTags": [1]},
        {"PoolName": "a", "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": "yes"}},
        {"PoolName": "a", "Policies": {"PasswordPolicy": {"MinimumLength": True}}},
        {"PoolName": "a", "Surprise": 1},
    ],
    ids=str,
)
def test_a_wrong_type_or_an_unknown_member_is_refused(document):
    assert "failed to satisfy constraint" in refusal("CreateUserPool", document)


@pytest.mark.parametrize("message", ["Your code: {####}", "Код: {####} ☃", "密码 {####}\nBye"])
def test_letters_of_every_script_fit(message):
    SCHEMA.check("CreateUserPool", {"PoolName": "a", "EmailVerificationMessage": message})


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        (r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+", "é٣_-€", "a b"),
        (r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+", "a", "a\x00"),
        (r"[\w]+", "abc_1", "é"),
        (r"[0-9]+", "12", "٣"),
        (r"[^_\p{Z}]+", "ab", "a\u00a0b"),
        (r"(?s).*", "a\nb", None),
        (r".*\{####\}.*", "a{####}b", "a\n{####}"),
    ],
)
def test_a_java_pattern_means_here_what_it_means_there(pattern, fits, does_not):
    assert java_pattern(pattern).fullmatch(fits)
    assert does_not is None or not java_pattern(pattern).fullmatch(does_not)


@pytest.mark.filterwarnings("error")
def test_every_pattern_of_the_model_can_be_read():
    patterns = {shape["pattern"] for shape in load_model("cognito-idp").shapes.values() if "pattern" in shape}
    assert len(patterns) > 20
    assert all(isinstance(java_pattern(pattern), re.Pattern) for pattern in patterns)


def test_of_a_million_violations_some_are_told():
    text = refusal("SignUp", {"ClientId": "x", "Username": "u", "UserAttributes": [{}] * 100_000})
    assert text.startswith("50 validation errors detected: ")
    assert len(text) < 10_000


def test_a_long_value_is_not_told_in_full():
    assert len(refusal("CreateUserPool", {"PoolName": "x" * 1_000_000})) < 10_000


@pytest.mark.parametrize(
    "text", ["@" * 1_000_000, "a@" * 500_000 + " ", "a" * 1_000_000], ids=["at", "pairs", "letters"]
)
def test_no_text_keeps_a_pattern_busy(text):
    patterned = {name for name, shape in load_model("cognito-idp").shapes.items() if shape.get("pattern")}
    assert "EmailAddressType" in patterned
    assert refusal("CreateUserPool", {"PoolName": "a", "EmailConfiguration": {"ReplyToEmailAddress": text}})


@pytest.mark.parametrize(
    ("address", "fits"),
    [("a@b", True), ("a@@b", True), ("@@b", True), ("a@b@c", True), ("@b", False), ("a@", False), ("ab", False), ("a b@c", False)],
)  # fmt: skip
def test_the_linear_pattern_of_an_address_means_what_the_models_means(address, fits):
    model = load_model("cognito-idp").shapes["EmailAddressType"]["pattern"]
    assert bool(java_pattern(model).fullmatch(address)) is fits
    slow = model.replace(r"[\p{L}\p{M}\p{S}\p{N}\p{P}]", r"[^\s]")
    assert bool(re.fullmatch(slow, address)) is fits


def test_the_gaps_of_unicode_hold_no_letters():
    gaps = (*range(0x40000, 0xE0000), *range(0xE1000, 0x110000))
    assert {unicodedata.category(chr(point))[0] for point in gaps} == {"C"}


def test_validating_a_call_takes_less_than_a_tenth_of_a_millisecond():
    model = load_model("cognito-idp")
    body = json.dumps({"AccessToken": "eyJ" + "a" * 1200 + ".b.c"}).encode()

    def validate():
        SCHEMA.check("GetUser", codec.read(model, model.operations["GetUser"].input, codec.read_body(body)))

    assert min(repeat(validate, number=100, repeat=20)) / 100 < 100e-6


def test_importing_the_wire_loads_no_model():
    program = "import sys, app.aws.dispatch, app.blueprints.user_pools.blueprint; print('botocore' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout == "False\n"
    )
