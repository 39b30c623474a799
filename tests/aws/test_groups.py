"""Groups and their members through a stock boto3."""

from typing import Any

import pytest

from app.adapters.sql.tables import group_members, groups
from tests.support.aws_crowd import crowd
from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused

NOBODYS_POOL = "us-east-1_AAAAAAAAA"
ROLE = "arn:aws:iam::123456789012:role/one"


@pytest.fixture
def pool(house: AwsHouse) -> Any:
    return house.pool()


def made(house: AwsHouse, pool: Any, name: str = "editors", **more: Any) -> Any:
    return house.idp.create_group(UserPoolId=pool.pool_id, GroupName=name, **more)["Group"]


@pytest.mark.operation("CreateGroup")
@pytest.mark.operation("GetGroup")
def test_a_group_is_read_as_it_was_made(house, pool):
    group = made(house, pool, Description="They edit", RoleArn=ROLE, Precedence=0)
    assert (group["GroupName"], group["Description"], group["RoleArn"], group["Precedence"]) == (
        "editors", "They edit", ROLE, 0,
    )  # fmt: skip
    assert house.idp.get_group(UserPoolId=pool.pool_id, GroupName="editors")["Group"] == group


def test_what_a_group_has_not_is_absent(house, pool):
    assert made(house, pool).keys() == {"GroupName", "UserPoolId", "LastModifiedDate", "CreationDate"}


@pytest.mark.operation("UpdateGroup")
def test_an_update_sets_what_is_given_and_keeps_the_rest(house, pool):
    made(house, pool, Description="They edit", Precedence=5)
    changed = house.idp.update_group(UserPoolId=pool.pool_id, GroupName="editors", Precedence=1)["Group"]
    assert (changed["Description"], changed["Precedence"]) == ("They edit", 1)


@pytest.mark.operation("DeleteGroup")
def test_a_deleted_group_has_no_members(house, pool):
    made(house, pool)
    user = house.user(pool)
    names = {"UserPoolId": pool.pool_id, "Username": user.username}
    house.idp.admin_add_user_to_group(**names, GroupName="editors")
    house.idp.delete_group(UserPoolId=pool.pool_id, GroupName="editors")
    assert house.idp.admin_list_groups_for_user(**names)["Groups"] == []
    with refused("ResourceNotFoundException"):
        house.idp.get_group(UserPoolId=pool.pool_id, GroupName="editors")


@pytest.mark.operation("ListGroups")
@pytest.mark.operation("ListGroups", "InvalidParameterException")
def test_groups_are_listed_in_pages(house, pool):
    for number in range(3):
        made(house, pool, f"g{number}")
    paginator = house.idp.get_paginator("list_groups")
    pages = list(paginator.paginate(UserPoolId=pool.pool_id, PaginationConfig={"PageSize": 2}))
    assert [[group["GroupName"] for group in page["Groups"]] for page in pages] == [["g0", "g1"], ["g2"]]
    assert len(house.idp.list_groups(UserPoolId=pool.pool_id, Limit=0)["Groups"]) == 3
    token = house.idp.list_groups(UserPoolId=pool.pool_id, Limit=1)["NextToken"]
    with refused("InvalidParameterException", "token"):
        house.idp.list_groups(UserPoolId=house.pool().pool_id, Limit=1, NextToken=token)
    with refused("InvalidParameterException", "limit"):
        house.idp.list_groups(UserPoolId=pool.pool_id, Limit=61)


@pytest.mark.operation("CreateGroup", "GroupExistsException")
def test_a_name_is_taken_once(house, pool):
    made(house, pool)
    with refused("GroupExistsException"):
        made(house, pool)


@pytest.mark.operation("CreateGroup", "LimitExceededException")
def test_a_pool_has_so_many_groups_and_no_more(house, pool):
    shared = {"pool_id": pool.pool_id, "created_at": 1, "updated_at": 1}
    crowd(house, groups, [{**shared, "name": f"g{number}"} for number in range(10_000)])
    with refused("LimitExceededException"):
        made(house, pool)


@pytest.mark.operation("CreateGroup", "InvalidParameterException")
@pytest.mark.operation("UpdateGroup", "InvalidParameterException")
@pytest.mark.parametrize("more", [{"RoleArn": "x" * 20}, {"Description": "x" * 2049}])
def test_members_out_of_bounds_are_refused(house, pool, more):
    made(house, pool)
    with refused("InvalidParameterException"):
        made(house, pool, "other", **more)
    with refused("InvalidParameterException"):
        house.idp.update_group(UserPoolId=pool.pool_id, GroupName="editors", **more)


@pytest.mark.operation("GetGroup", "InvalidParameterException")
@pytest.mark.operation("DeleteGroup", "InvalidParameterException")
@pytest.mark.operation("AdminAddUserToGroup", "InvalidParameterException")
@pytest.mark.operation("AdminRemoveUserFromGroup", "InvalidParameterException")
@pytest.mark.operation("ListUsersInGroup", "InvalidParameterException")
def test_names_of_the_wrong_shape_are_refused(house, pool):
    for name in ("get_group", "delete_group", "list_users_in_group"):
        with refused("InvalidParameterException", "groupName"):
            getattr(house.idp, name)(UserPoolId=pool.pool_id, GroupName="with space")
    for name in ("admin_add_user_to_group", "admin_remove_user_from_group"):
        with refused("InvalidParameterException", "groupName"):
            getattr(house.idp, name)(UserPoolId=pool.pool_id, GroupName="with space", Username="ada")


@pytest.mark.operation("AdminListGroupsForUser", "InvalidParameterException")
def test_a_page_token_of_another_user_is_refused(house, pool):
    for name in ("a", "b"):
        made(house, pool, name)
    for username in ("ada", "bob"):
        house.user(pool, username)
        for name in ("a", "b"):
            house.idp.admin_add_user_to_group(UserPoolId=pool.pool_id, Username=username, GroupName=name)
    first = house.idp.admin_list_groups_for_user(UserPoolId=pool.pool_id, Username="ada", Limit=1)
    with refused("InvalidParameterException", "token"):
        house.idp.admin_list_groups_for_user(
            UserPoolId=pool.pool_id, Username="bob", Limit=1, NextToken=first["NextToken"]
        )


@pytest.mark.operation("AdminAddUserToGroup")
@pytest.mark.operation("AdminListGroupsForUser")
@pytest.mark.operation("AdminRemoveUserFromGroup")
def test_a_users_groups_come_by_precedence(house, pool):
    for name, more in (("last", {}), ("second", {"Precedence": 2}), ("first", {"Precedence": 1}), ("also-last", {})):
        made(house, pool, name, **more)
    names = {"UserPoolId": pool.pool_id, "Username": house.user(pool).sub}
    for name in ("last", "first", "second", "also-last", "first"):
        house.idp.admin_add_user_to_group(**names, GroupName=name)
    pages = list(
        house.idp.get_paginator("admin_list_groups_for_user").paginate(**names, PaginationConfig={"PageSize": 3})
    )
    listed = [group["GroupName"] for page in pages for group in page["Groups"]]
    assert listed == ["first", "second", "also-last", "last"]
    for _ in range(2):
        house.idp.admin_remove_user_from_group(**names, GroupName="first")
    assert house.idp.admin_list_groups_for_user(**names)["Groups"][0]["GroupName"] == "second"


@pytest.mark.operation("AdminAddUserToGroup", "InvalidParameterException")
def test_a_user_is_in_so_many_groups_and_no_more(house, pool):
    names = [f"g{number}" for number in range(101)]
    shared = {"pool_id": pool.pool_id, "created_at": 1}
    crowd(house, groups, [{**shared, "updated_at": 1, "name": name} for name in names])
    ada, bob = house.user(pool, "ada"), house.user(pool, "bob")
    crowd(house, group_members, [{**shared, "sub": ada.sub, "name": name} for name in names[:99]])

    def add(user, name):
        house.idp.admin_add_user_to_group(UserPoolId=pool.pool_id, Username=user.username, GroupName=name)

    add(ada, "g99")
    # One that they are in already is not one more.
    add(ada, "g0")
    with refused("InvalidParameterException", "at most 100 groups"):
        add(ada, "g100")
    assert len(house.services.groups.list_of_user(pool.pool_id, ada.sub)) == 100
    add(bob, "g100")
    house.idp.admin_remove_user_from_group(UserPoolId=pool.pool_id, Username=ada.username, GroupName="g0")
    add(ada, "g100")


@pytest.mark.operation("ListUsersInGroup")
def test_members_are_listed_in_pages(house, pool):
    made(house, pool)
    for number in range(3):
        user = house.user(pool, f"user{number}", email=f"user{number}@example.com")
        house.idp.admin_add_user_to_group(UserPoolId=pool.pool_id, Username=user.username, GroupName="editors")
    house.user(pool, "outsider")
    paginator = house.idp.get_paginator("list_users_in_group")
    pages = list(paginator.paginate(UserPoolId=pool.pool_id, GroupName="editors", PaginationConfig={"PageSize": 2}))
    users = [user for page in pages for user in page["Users"]]
    assert [len(page["Users"]) for page in pages] == [2, 1]
    assert {user["Username"] for user in users} == {"user0", "user1", "user2"}
    attributes = {one["Name"]: one["Value"] for one in users[0]["Attributes"]}
    assert attributes["email"] == f"{users[0]['Username']}@example.com"
    assert attributes["sub"]
    assert (users[0]["Enabled"], users[0]["UserStatus"]) == (True, "CONFIRMED")


@pytest.mark.operation("AdminAddUserToGroup", "UserNotFoundException")
@pytest.mark.operation("AdminRemoveUserFromGroup", "UserNotFoundException")
@pytest.mark.operation("AdminListGroupsForUser", "UserNotFoundException")
def test_nobody_is_not_found(house, pool):
    made(house, pool)
    stranger = house.user(house.pool(), "stranger")
    for username in ("nobody", stranger.username, stranger.sub):
        names = {"UserPoolId": pool.pool_id, "Username": username}
        with refused("UserNotFoundException"):
            house.idp.admin_add_user_to_group(**names, GroupName="editors")
        with refused("UserNotFoundException"):
            house.idp.admin_remove_user_from_group(**names, GroupName="editors")
        with refused("UserNotFoundException"):
            house.idp.admin_list_groups_for_user(**names)


@pytest.mark.operation("CreateGroup", "ResourceNotFoundException")
@pytest.mark.operation("GetGroup", "ResourceNotFoundException")
@pytest.mark.operation("UpdateGroup", "ResourceNotFoundException")
@pytest.mark.operation("DeleteGroup", "ResourceNotFoundException")
@pytest.mark.operation("ListGroups", "ResourceNotFoundException")
@pytest.mark.operation("AdminAddUserToGroup", "ResourceNotFoundException")
@pytest.mark.operation("AdminRemoveUserFromGroup", "ResourceNotFoundException")
@pytest.mark.operation("AdminListGroupsForUser", "ResourceNotFoundException")
@pytest.mark.operation("ListUsersInGroup", "ResourceNotFoundException")
def test_nobodys_pool_and_group_are_not_found(house, pool):
    user = house.user(pool)
    made(house, house.pool(), "elsewhere")
    of_group = ["get_group", "update_group", "delete_group", "list_users_in_group"]
    for name in [*of_group, "create_group"]:
        with refused("ResourceNotFoundException", NOBODYS_POOL):
            getattr(house.idp, name)(UserPoolId=NOBODYS_POOL, GroupName="editors")
    for name in of_group:
        with refused("ResourceNotFoundException", "Group not found"):
            getattr(house.idp, name)(UserPoolId=pool.pool_id, GroupName="elsewhere")
    for name in ("admin_add_user_to_group", "admin_remove_user_from_group"):
        with refused("ResourceNotFoundException", NOBODYS_POOL):
            getattr(house.idp, name)(UserPoolId=NOBODYS_POOL, GroupName="editors", Username=user.username)
        with refused("ResourceNotFoundException", "Group not found"):
            getattr(house.idp, name)(UserPoolId=pool.pool_id, GroupName="elsewhere", Username=user.username)
    for name, more in (("list_groups", {}), ("admin_list_groups_for_user", {"Username": "ada"})):
        with refused("ResourceNotFoundException", NOBODYS_POOL):
            getattr(house.idp, name)(UserPoolId=NOBODYS_POOL, **more)


def test_a_group_without_members_has_an_empty_list(house, pool):
    made(house, pool)
    assert house.idp.list_users_in_group(UserPoolId=pool.pool_id, GroupName="editors")["Users"] == []
