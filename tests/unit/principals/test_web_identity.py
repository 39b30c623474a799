"""What a token's session tags must look like, and how much of a session its policy and tags take."""

import pytest

from app.core.principals.web_identity import IdentityTokenInvalid, read_tags

CLAIM = "https://aws.amazon.com/tags"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({}, {}),
        ({CLAIM: {"principal_tags": {}}}, {}),
        ({CLAIM: {"principal_tags": {"team": ["red"], "Cost": ["a b_.:/=+-@é"]}}}, {"team": "red", "Cost": "a b_.:/=+-@é"}),
        ({CLAIM: {"principal_tags": {"team": "red"}, "transitive_tag_keys": ["team"]}}, {"team": "red"}),
        ({CLAIM: {"principal_tags": {f"k{number}": [""] for number in range(50)}}}, {f"k{number}": "" for number in range(50)}),
    ],
)  # fmt: skip
def test_a_tokens_tags_are_read(claims, expected):
    assert read_tags(claims) == expected


@pytest.mark.parametrize(
    "claim",
    [
        "team",
        [],
        {},
        {"principal_tags": []},
        {"principal_tags": {"team": ["a", "b"]}},
        {"principal_tags": {"team": []}},
        {"principal_tags": {"team": 1}},
        {"principal_tags": {"team": [None]}},
        {"principal_tags": {"team": {"a": "b"}}},
        {"principal_tags": {"": ["a"]}},
        {"principal_tags": {"k" * 129: ["a"]}},
        {"principal_tags": {"team": ["v" * 257]}},
        {"principal_tags": {"team": ["*"]}},
        {"principal_tags": {"team": ["a\n"]}},
        {"principal_tags": {"te?m": ["a"]}},
        {"principal_tags": {"aws:team": ["a"]}},
        {"principal_tags": {"team": ["a"], "Team": ["b"]}},
        {"principal_tags": {f"k{number}": [""] for number in range(51)}},
    ],
)
def test_tags_that_sts_would_not_take_are_refused(claim):
    with pytest.raises(IdentityTokenInvalid, match="session tags"):
        read_tags({CLAIM: claim})
