"""Bodies and expressions of DynamoDB that two readers could take differently."""

import pytest

from app.gateway.dynamodb_expressions import attributes_of, partition_value
from app.gateway.dynamodb_requests import leading_key, read_document
from app.gateway.refusal import Refusal


@pytest.mark.parametrize(
    "body",
    [b'{"TableName":"a","TableName":"b"}', b'{"Key":{"pk":{"S":"a"},"pk":{"S":"b"}}}', b'{"Key":{"pk":{"S":"a","S":"b"}}}', b"[]", b"", b"{", b"\xff",
     b'{"tableName":"a"}', b'{"TableName":NaN}', b'{"TableName":"a"} x', b'{"Statement":"SELECT"}', b"[" * 100_000],
)  # fmt: skip
def test_a_body_of_two_readings_is_refused(body):
    with pytest.raises(Refusal):
        read_document("GetItem", body)


def test_an_operation_that_dynamodb_does_not_have_is_refused():
    for name in ("", "getitem", "GetItem ", "GetRecords", "../GetItem"):
        with pytest.raises(Refusal, match="not known"):
            read_document(name, b"{}")


@pytest.mark.parametrize(
    ("value", "seen"),
    [({"S": "a"}, "a"), ({"S": "1.0"}, "1.0"), ({"N": "1"}, "1"), ({"N": "1.0"}, "1"), ({"N": "10"}, "10"), ({"N": "1e1"}, "10"), ({"N": "+01"}, "1"),
     ({"N": "-0"}, "0"), ({"N": "0.50"}, "0.5"), ({"B": "YQ=="}, "YQ==")],
)  # fmt: skip
def test_one_key_has_one_spelling(value, seen):
    assert leading_key(value) == seen


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"S": "a", "N": "1"},
        {"S": ""},
        {"S": 1},
        {"N": "NaN"},
        {"N": "1e9999"},
        {"N": "."},
        {"N": "१"},
        {"SS": ["a"]},
        "a",
        None,
    ],
)
def test_what_can_be_no_key_is_refused(value):
    with pytest.raises(Refusal):
        leading_key(value)


@pytest.mark.parametrize(
    ("expression", "attributes"),
    [
        ("a, b.c[0].d, #x.y", {"a", "b", "named"}),
        ("SET a = if_not_exists(b, :v) + c REMOVE d.e ADD f :v DELETE g :v", set("abcdfg")),
        (
            "attribute_exists(a) AND NOT (size(b) > :v OR contains(c, :v)) AND d IN (:v, e) AND f BETWEEN :v AND g",
            set("abcdefg"),
        ),
        ("begins_with ( a , :v )", {"a"}),
        ("set = :v", set()),
    ],
)
def test_expressions_name_their_top_level_attributes(expression, attributes):
    assert attributes_of(expression, {"#x": "named"}) == attributes


@pytest.mark.parametrize("expression", ["a; b", "a 'b'", "#y = :v", "a" * 5000, 7, "é = :v"])
def test_an_expression_that_cannot_be_read_is_refused(expression):
    with pytest.raises(Refusal):
        attributes_of(expression, {"#x": "named"})


@pytest.mark.parametrize(
    "expression",
    [
        "pk = :a",
        "(pk = :a)",
        "((pk=:a) AND (sk < :b))",
        "sk BETWEEN :b AND :c AND pk = :a",
        ":a = #p and begins_with(sk, :b)",
    ],
)
def test_the_partition_key_of_a_plain_query_is_found(expression):
    document = {
        "KeyConditionExpression": expression,
        "ExpressionAttributeNames": {"#p": "pk"},
        "ExpressionAttributeValues": {":a": {"S": "me"}},
    }
    assert partition_value(document, "pk") == {"S": "me"}


@pytest.mark.parametrize(
    "expression",
    ["pk = :x", "pk = sk", "pk.a = :a", "pk = :a AND pk = :a", "pk = :a OR sk = :a", "pk IN (:a)", "NOT pk = :a", "pk >= :a", "pk = :a AND", "AND pk = :a",
     "(pk = :a", "pk = :a)", "pk = :a :a", "pk == :a", "(pk = :a OR pk = :a) AND sk = :a", "pk BETWEEN :a AND :a", ":a = :a", "", "pk = :a AND sk = :a AND tk = :a"],
)  # fmt: skip
def test_every_other_query_is_refused(expression):
    with pytest.raises(Refusal):
        partition_value({"KeyConditionExpression": expression, "ExpressionAttributeValues": {":a": {"S": "me"}}}, "pk")
