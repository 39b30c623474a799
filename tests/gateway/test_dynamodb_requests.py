"""Bodies and expressions of DynamoDB that two readers could take differently."""

import json

import pytest

from app.gateway.dynamodb_documents import read_document
from app.gateway.dynamodb_expressions import attributes_of, partition_value
from app.gateway.dynamodb_requests import leading_key
from app.gateway.refusal import Refusal


@pytest.mark.parametrize(
    "body",
    [b'{"TableName":"a","TableName":"b"}', b'{"Key":{"pk":{"S":"a"},"pk":{"S":"b"}}}', b'{"Key":{"pk":{"S":"a","S":"b"}}}', b"[]", b"", b"{", b"\xff",
     b'{"tableName":"a"}', b'{"TableName":NaN}', b'{"TableName":"a"} x', b'{"Statement":"SELECT"}', b"[" * 100_000],
)  # fmt: skip
def test_a_body_of_two_readings_is_refused(body):
    with pytest.raises(Refusal):
        read_document("GetItem", body)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("BatchGetItem", {"RequestItems": {"notes": {"Keys": [], "Select": "SPECIFIC_ATTRIBUTES"}}}),
        ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "notes", "Select": "COUNT"}}]}),
        ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "notes", "AttributesToGet": ["a"]}}]}),
        ("PutItem", {"TableName": "notes", "Item": {"pk": {"s": "a"}}}),
        ("PutItem", {"TableName": "notes", "Item": {"pk": {"M": {"a": {"X": "a"}}}}}),
        ("PutItem", {"TableName": "notes", "Item": {"pk": {"N": 1}}}),
        ("PutItem", {"TableName": "notes", "Item": [{"pk": {"S": "a"}}]}),
        ("UpdateItem", {"TableName": "notes", "ReturnValuesOnConditionCheckFailure": "UPDATED_NEW"}),
        ("Query", {"TableName": "notes", "Select": "specific_attributes"}),
        ("Query", {"TableName": "notes", "Limit": True}),
        ("BatchWriteItem", {"RequestItems": {"notes": None}}),
    ],
)
def test_what_a_store_would_pass_over_is_refused_at_any_depth(operation, body):
    with pytest.raises(Refusal):
        read_document(operation, json.dumps(body).encode())


def test_a_body_that_the_model_knows_is_read_as_it_stands():
    body = {
        "RequestItems": {"notes": {"Keys": [{"pk": {"S": "a"}, "at": {"N": "1"}}], "ProjectionExpression": "a"}},
        "ReturnConsumedCapacity": None,
    }
    assert read_document("BatchGetItem", json.dumps(body).encode()) == body


def test_an_operation_that_dynamodb_does_not_have_is_refused():
    for name in ("", "getitem", "GetItem ", "GetRecords", "../GetItem"):
        with pytest.raises(Refusal, match="not known"):
            read_document(name, b"{}")


@pytest.mark.parametrize(
    ("value", "seen"),
    [({"S": "a"}, "a"), ({"S": "1.0"}, "1.0"), ({"N": "1"}, "1"), ({"N": "1.0"}, "1"), ({"N": "10"}, "10"), ({"N": "1e1"}, "10"), ({"N": "+01"}, "1"),
     ({"N": "-0"}, "0"), ({"N": "0.50"}, "0.5"), ({"B": "YQ=="}, "YQ=="), ({"B": "YR=="}, "YQ=="), ({"N": "1" * 38}, "1" * 38), ({"N": "1" + "0" * 60}, "1" + "0" * 60)],
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
        {"N": "5." + "0" * 37 + "1"},
        {"N": "1" * 39},
        {"N": "1" * 401},
        {"B": "YQ="},
        {"B": "Y Q=="},
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
     "(pk = :a", "pk = :a)", "pk = :a :a", "pk == :a", "(pk = :a OR pk = :a) AND sk = :a", "pk BETWEEN :a AND :a", ":a = :a", "", "pk = :a AND sk = :a AND tk = :a",
     "pk = :a AND begins_with(pk, :a)", "pk > :a AND pk = :a", "pk = :a AND pk BETWEEN :a AND :a", "pk = :a AND begins_with(pk.x, :a)"],
)  # fmt: skip
def test_every_other_query_is_refused(expression):
    with pytest.raises(Refusal):
        partition_value({"KeyConditionExpression": expression, "ExpressionAttributeValues": {":a": {"S": "me"}}}, "pk")
