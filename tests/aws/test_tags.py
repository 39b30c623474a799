"""Tags of pools through a stock boto3."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused

ARN = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AAAAAAAAA"


@pytest.fixture
def arn(house: AwsHouse) -> str:
    return str(house.pool(UserPoolTags={"stage": "test"}).arn)


def tags(house: AwsHouse, arn: str) -> Any:
    return house.idp.list_tags_for_resource(ResourceArn=arn)["Tags"]


@pytest.mark.operation("TagResource")
@pytest.mark.operation("ListTagsForResource")
def test_tags_come_together_from_creation_and_later(house, arn):
    house.idp.tag_resource(ResourceArn=arn, Tags={"owner": "Ada Lovelace", "stage": "live"})
    assert tags(house, arn) == {"stage": "live", "owner": "Ada Lovelace"}
    pool_id = arn.rpartition("/")[2]
    assert house.idp.describe_user_pool(UserPoolId=pool_id)["UserPool"]["UserPoolTags"] == tags(house, arn)


def test_a_pool_without_tags_has_an_empty_list(house):
    assert tags(house, str(house.pool().arn)) == {}


@pytest.mark.operation("UntagResource")
def test_tags_are_taken_away_by_key(house, arn):
    house.idp.untag_resource(ResourceArn=arn, TagKeys=["stage", "unknown"])
    assert tags(house, arn) == {}


def test_tags_leave_the_pools_date_alone(house, arn):
    pool_id = arn.rpartition("/")[2]
    before = house.idp.describe_user_pool(UserPoolId=pool_id)["UserPool"]["LastModifiedDate"]
    house.clock.advance(seconds=60)
    house.idp.tag_resource(ResourceArn=arn, Tags={"owner": "Ada"})
    house.idp.untag_resource(ResourceArn=arn, TagKeys=["owner"])
    assert house.idp.describe_user_pool(UserPoolId=pool_id)["UserPool"]["LastModifiedDate"] == before
    house.idp.update_user_pool(UserPoolId=pool_id)
    assert house.idp.describe_user_pool(UserPoolId=pool_id)["UserPool"]["LastModifiedDate"] > before


@pytest.mark.operation("TagResource", "InvalidParameterException")
@pytest.mark.parametrize(
    "given", [{"aws:x": "y"}, {"a*b": "c"}, {"a": "b" * 257}, {"a" * 129: "b"}, {str(n): "x" for n in range(50)}]
)
def test_tags_that_cannot_be_are_refused(house, arn, given):
    with refused("InvalidParameterException"):
        house.idp.tag_resource(ResourceArn=arn, Tags=given)
    assert tags(house, arn) == {"stage": "test"}


@pytest.mark.operation("UntagResource", "InvalidParameterException")
def test_a_key_of_the_wrong_shape_is_refused(house, arn):
    with refused("InvalidParameterException", "tagKeys"):
        house.idp.untag_resource(ResourceArn=arn, TagKeys=["a" * 129])


@pytest.mark.operation("ListTagsForResource", "InvalidParameterException")
@pytest.mark.parametrize("wrong", ["arn:aws:s3:us-east-1:123456789012:bucket/x", "arn:aws:cognito-idp:::userpool/x_1"])
def test_another_kind_of_arn_is_refused(house, wrong):
    with refused("InvalidParameterException"):
        tags(house, wrong)


@pytest.mark.operation("TagResource", "ResourceNotFoundException")
@pytest.mark.operation("UntagResource", "ResourceNotFoundException")
@pytest.mark.operation("ListTagsForResource", "ResourceNotFoundException")
def test_nobodys_pool_and_another_accounts_are_not_found(house, arn):
    key = house.services.access_keys.create("999999999999", "another")
    other = house.client(key.access_key_id, key.secret.reveal())
    for client, name in ((house.idp, ARN), (other, arn), (other, arn.replace("123456789012", "999999999999"))):
        with refused("ResourceNotFoundException"):
            client.list_tags_for_resource(ResourceArn=name)
        with refused("ResourceNotFoundException"):
            client.tag_resource(ResourceArn=name, Tags={"a": "b"})
        with refused("ResourceNotFoundException"):
            client.untag_resource(ResourceArn=name, TagKeys=["stage"])
    assert tags(house, arn) == {"stage": "test"}


def test_tags_set_at_the_same_time_are_all_there(house, arn):
    with ThreadPoolExecutor(8) as threads:
        for answer in [threads.submit(house.idp.tag_resource, ResourceArn=arn, Tags={f"k{n}": "v"}) for n in range(24)]:
            answer.result()
    assert len(tags(house, arn)) == 25
