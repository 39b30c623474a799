"""A table partitioned by leading key, with stock boto3."""

import pytest
from botocore.exceptions import ClientError

from tests.support.gateway_house import ADA, BOB

PARTITIONED = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                "dynamodb:DeleteItem",
                "dynamodb:Query",
                "dynamodb:BatchGetItem",
                "dynamodb:BatchWriteItem",
                "dynamodb:ConditionCheckItem",
            ],
            "Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/notes",
            "Condition": {
                "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${cognito-identity.amazonaws.com:sub}"]},
                "Null": {"dynamodb:LeadingKeys": "false"},
            },
        }
    ],
}
MINE, HERS = {"S": ADA}, {"S": BOB}


@pytest.fixture(scope="module")
def admin(house):
    found = house.client("dynamodb", house.key_id, house.secret)
    found.create_table(
        TableName="notes",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("owner", "id", "topic")],
        KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-topic",
                "KeySchema": [{"AttributeName": "topic", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for owner in (MINE, HERS):
        found.put_item(TableName="notes", Item={"owner": owner, "id": {"S": "1"}, "topic": {"S": "t"}})
    return found


@pytest.fixture(scope="module")
def ada(house, admin):
    return house.as_(house.credentials(house.role("partitioned", PARTITIONED), ADA), "dynamodb")


def denied(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    return caught.value.response["Error"]["Message"]


def test_own_items_are_written_read_and_listed(ada):
    ada.put_item(TableName="notes", Item={"owner": MINE, "id": {"S": "a"}, "text": {"S": "x"}})
    assert ada.get_item(TableName="notes", Key={"owner": MINE, "id": {"S": "a"}})["Item"]["text"] == {"S": "x"}
    found = ada.query(
        TableName="notes",
        KeyConditionExpression="#o = :me AND id BETWEEN :a AND :b",
        ExpressionAttributeNames={"#o": "owner"},
        ExpressionAttributeValues={":me": MINE, ":a": {"S": "a"}, ":b": {"S": "b"}},
    )
    assert [item["id"]["S"] for item in found["Items"]] == ["a"]
    ada.delete_item(TableName="notes", Key={"owner": MINE, "id": {"S": "a"}})


def test_nobody_elses_item_is_read_or_written(ada):
    key = {"owner": HERS, "id": {"S": "1"}}
    said = denied(ada.get_item, TableName="notes", Key=key)
    assert "dynamodb:LeadingKeys" in said
    assert BOB in said
    denied(ada.put_item, TableName="notes", Item={**key, "text": {"S": "x"}})
    denied(ada.update_item, TableName="notes", Key=key, UpdateExpression="REMOVE topic")
    denied(ada.delete_item, TableName="notes", Key=key)


@pytest.mark.parametrize(
    "condition",
    [
        "#o = :her",
        "(#o = :her)",
        ":her = #o",
        "#o = :her AND id = :a",
        "#o = :me AND #o = :her",
        "#o = :her AND #o = :me",
        "#o = :me OR #o = :her",
        "id = :a",
        "NOT #o = :me",
        "#o <> :me",
        "#o BETWEEN :her AND :me",
        "begins_with(#o, :her)",
        "#o > :a AND id = :me",
        "#o = :me AND id = :a AND topic = :a",
    ],
)
def test_a_query_for_more_than_ones_own_partition_is_refused(ada, condition):
    values = {":me": MINE, ":her": HERS, ":a": {"S": "a"}}
    denied(
        ada.query,
        TableName="notes",
        KeyConditionExpression=condition,
        ExpressionAttributeNames={"#o": "owner"},
        ExpressionAttributeValues={name: value for name, value in values.items() if name in condition},
    )


def test_the_older_key_conditions_are_judged_alike(ada):
    mine = {"owner": {"ComparisonOperator": "EQ", "AttributeValueList": [MINE]}}
    assert "Items" in ada.query(TableName="notes", KeyConditions=mine)
    denied(ada.query, TableName="notes", KeyConditions={"owner": {**mine["owner"], "AttributeValueList": [HERS]}})
    denied(ada.query, TableName="notes", KeyConditions={"owner": {**mine["owner"], "ComparisonOperator": "GE"}})


def test_an_index_is_judged_by_its_own_key(ada):
    denied(
        ada.query,
        TableName="notes",
        IndexName="by-topic",
        KeyConditionExpression="topic = :t",
        ExpressionAttributeValues={":t": {"S": "t"}},
    )


def test_a_scan_is_refused(ada):
    denied(ada.scan, TableName="notes")


def test_one_foreign_item_spoils_a_batch(ada, admin):
    own, foreign = ({"owner": owner, "id": {"S": "batch"}} for owner in (MINE, HERS))
    denied(
        ada.batch_write_item,
        RequestItems={"notes": [{"PutRequest": {"Item": own}}, {"PutRequest": {"Item": foreign}}]},
    )
    denied(ada.batch_write_item, RequestItems={"notes": [{"DeleteRequest": {"Key": foreign}}]})
    denied(ada.batch_get_item, RequestItems={"notes": {"Keys": [own, foreign]}})
    assert "Item" not in admin.get_item(TableName="notes", Key=own)
    ada.batch_write_item(RequestItems={"notes": [{"PutRequest": {"Item": own}}]})
    assert ada.batch_get_item(RequestItems={"notes": {"Keys": [own]}})["Responses"]["notes"] == [own]


def test_one_foreign_item_spoils_a_transaction(ada, admin):
    own, foreign = ({"owner": owner, "id": {"S": "transaction"}} for owner in (MINE, HERS))
    put = {"Put": {"TableName": "notes", "Item": own}}
    for kind, inner in (
        ("Put", {"Item": foreign}),
        ("Delete", {"Key": foreign}),
        ("Update", {"Key": foreign, "UpdateExpression": "REMOVE topic"}),
        ("ConditionCheck", {"Key": foreign, "ConditionExpression": "attribute_exists(id)"}),
    ):
        denied(ada.transact_write_items, TransactItems=[put, {kind: {"TableName": "notes", **inner}}])
    denied(ada.transact_get_items, TransactItems=[{"Get": {"TableName": "notes", "Key": foreign}}])
    assert "Item" not in admin.get_item(TableName="notes", Key=own)
    ada.transact_write_items(TransactItems=[put])


def test_partiql_is_refused_even_to_administrators(admin):
    with pytest.raises(ClientError, match="PartiQL"):
        admin.execute_statement(Statement="SELECT * FROM notes")


def test_other_operations_and_tables_are_refused(ada):
    denied(ada.describe_table, TableName="notes")
    denied(ada.list_tables)
    denied(ada.get_item, TableName="other", Key={"owner": MINE})
    denied(ada.delete_table, TableName="notes")


def test_an_administrator_hears_of_a_missing_table(admin):
    with pytest.raises(admin.exceptions.ResourceNotFoundException):
        admin.get_item(TableName="missing", Key={"owner": MINE})


COLUMNS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:UpdateItem"],
            "Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/notes",
            "Condition": {
                "ForAllValues:StringEquals": {"dynamodb:Attributes": ["owner", "id", "text"]},
                "StringEqualsIfExists": {
                    "dynamodb:Select": "SPECIFIC_ATTRIBUTES",
                    "dynamodb:ReturnValues": ["NONE", "UPDATED_NEW"],
                },
            },
        }
    ],
}


def test_attributes_are_judged_wherever_an_expression_names_them(house, admin):
    reader = house.as_(house.credentials(house.role("columns", COLUMNS), ADA), "dynamodb")
    key = {"owner": MINE, "id": {"S": "1"}}
    reader.get_item(TableName="notes", Key=key, ProjectionExpression="id, #t", ExpressionAttributeNames={"#t": "text"})
    denied(reader.get_item, TableName="notes", Key=key)
    denied(reader.get_item, TableName="notes", Key=key, ProjectionExpression="id, topic")
    denied(
        reader.get_item,
        TableName="notes",
        Key=key,
        ProjectionExpression="#t.x[0]",
        ExpressionAttributeNames={"#t": "topic"},
    )
    denied(reader.get_item, TableName="notes", Key=key, AttributesToGet=["topic"])
    update = {"ExpressionAttributeNames": {"#x": "text"}, "ExpressionAttributeValues": {":v": {"S": "v"}}}
    reader.update_item(TableName="notes", Key=key, UpdateExpression="SET #x = :v", **update)
    denied(
        reader.update_item,
        TableName="notes",
        Key=key,
        UpdateExpression="SET #x = topic",
        ExpressionAttributeNames={"#x": "text"},
    )
    denied(
        reader.update_item, TableName="notes", Key=key, UpdateExpression="SET #x = if_not_exists(topic, :v)", **update
    )
    for asked_back in ("ReturnValues", "ReturnValuesOnConditionCheckFailure"):
        denied(
            reader.update_item,
            TableName="notes",
            Key=key,
            UpdateExpression="SET #x = :v",
            **{asked_back: "ALL_OLD"},
            **update,
        )


@pytest.fixture(scope="module")
def reader(house, admin):
    return house.as_(house.credentials(house.role("columns", COLUMNS), ADA), "dynamodb", parameter_validation=False)


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] in {"AccessDeniedException", "ValidationException"}
    return caught.value.response["Error"]["Message"]


KEY = {"owner": MINE, "id": {"S": "1"}}
OWN_QUERY = {
    "TableName": "notes",
    "KeyConditionExpression": "#o = :o",
    "ExpressionAttributeNames": {"#o": "owner"},
    "ExpressionAttributeValues": {":o": MINE},
}


def test_nobody_gets_every_attribute_by_claiming_some(reader):
    """Were none named and the answer said to be of some, the policy would see nothing and the store would answer with all."""
    assert reader.get_item(TableName="notes", Key=KEY, ProjectionExpression="id")["Item"] == {"id": {"S": "1"}}
    for empty in ({"AttributesToGet": []}, {"ProjectionExpression": ""}, {"ProjectionExpression": " "}):
        refused(reader.get_item, TableName="notes", Key=KEY, **empty)
    both = {"AttributesToGet": ["id"], "ProjectionExpression": "id"}
    refused(reader.get_item, TableName="notes", Key=KEY, **both)
    for claimed in (
        {"Select": "SPECIFIC_ATTRIBUTES"},
        {"AttributesToGet": []},
        {"AttributesToGet": ["id"]},
        {"Select": "ALL_ATTRIBUTES", "ProjectionExpression": "id"},
    ):
        refused(reader.query, **OWN_QUERY, **claimed)


def test_one_member_does_not_hide_what_another_asks_back(house, reader, admin):
    update = {
        "TableName": "notes",
        "Key": KEY,
        "UpdateExpression": "SET #x = :v",
        "ExpressionAttributeNames": {"#x": "text"},
        "ExpressionAttributeValues": {":v": {"S": "v"}},
    }
    reader.update_item(**update, ReturnValues="UPDATED_NEW")
    for on_failure in ("NONE", "ALL_OLD", "UPDATED_NEW"):
        refused(reader.update_item, **update, ReturnValues="ALL_NEW", ReturnValuesOnConditionCheckFailure=on_failure)


def test_a_query_begins_in_the_partition_that_it_was_judged_for(ada):
    ada.query(**OWN_QUERY, ExclusiveStartKey=KEY)
    for start in ({"owner": HERS, "id": {"S": "0"}}, {"id": {"S": "0"}}):
        message = refused(ada.query, **OWN_QUERY, ExclusiveStartKey=start)
        assert "outside query boundaries" in message


def test_the_names_of_keys_are_told_to_those_alone_who_may_use_the_table(ada, admin):
    """One and the same refusal, whether the table is there or not."""
    for table in ("notes", "missing"):
        assert "owner" not in denied(ada.delete_item, TableName=table, Key={"other": MINE})
    for index in ("by-topic", "by-nothing"):
        denied(ada.query, **{**OWN_QUERY, "IndexName": index})
    assert "owner is missing" in refused(admin.delete_item, TableName="notes", Key={"other": MINE})
    assert "specified index" in refused(admin.query, **{**OWN_QUERY, "IndexName": "by-nothing"})
