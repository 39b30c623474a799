"""A user's sessions through stock boto3: seen, ended one by one, and bounded in number."""

import re
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from botocore.exceptions import ClientError

from app.core.clients.model import Client
from app.core.kernel.caller import Caller
from app.core.pools.model import Pool
from app.core.sessions.model import BrowserSession
from app.core.tokens.model import CodeRequest
from app.core.users.model import User
from tests.support.aws_house import AwsHouse
from tests.support.house import PASSWORD

NAME = re.compile(r"(tkn|sso)[a-z0-9]{25}")
NOBODYS = "tkn" + "0" * 25


def refused(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    code: str = error.value.response["Error"]["Code"]
    return code.removesuffix("Exception")


@dataclass
class Ada:
    house: AwsHouse
    pool: Pool
    client: Client
    user: User

    def sign_in(self, username: str = "ada") -> dict[str, str]:
        found = self.house.unsigned.initiate_auth(
            ClientId=self.client.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": PASSWORD},
        )
        return found["AuthenticationResult"]

    def refresh(self, tokens: dict[str, str]) -> dict[str, str]:
        found = self.house.unsigned.get_tokens_from_refresh_token(
            ClientId=self.client.client_id, RefreshToken=tokens["RefreshToken"]
        )
        return found["AuthenticationResult"]

    def listed(self, tokens: dict[str, str]) -> list[dict[str, Any]]:
        return self.house.unsigned.list_user_sessions(AccessToken=tokens["AccessToken"])["Sessions"]

    def seen_by_administrator(self, username: str = "ada") -> list[dict[str, Any]]:
        found = self.house.idp.admin_list_user_sessions(UserPoolId=self.pool.pool_id, Username=username)
        return found["Sessions"]

    def by_browser(self) -> tuple[BrowserSession, dict[str, str]]:
        """Signed in on a hosted page, and by its code at a client."""
        services = self.house.services
        _, browser = services.sessions.open(
            self.pool.pool_id, self.user, ("pwd",), services.clock.now(), Caller(address="198.51.100.7")
        )
        request = CodeRequest(
            redirect_uri="https://app.example.com",
            redirect_uri_given=True,
            scope=("openid", "aws.cognito.signin.user.admin"),
        )
        code = services.tokens.find_code(services.tokens.save_code(self.pool, self.client, self.user, browser, request))
        tokens = services.tokens.redeem(self.pool, self.client, code, Caller())
        return browser, {
            "AccessToken": tokens.access_token.reveal(),
            "RefreshToken": tokens.refresh_token.reveal(),
        }


@pytest.fixture
def ada(house: AwsHouse) -> Ada:
    pool = house.pool()
    return Ada(house, pool, house.app_client(pool), house.user(pool))


def tracking(ada: Ada, most: int = 20) -> Ada:
    ada.house.idp.set_user_pool_session_configuration(
        UserPoolId=ada.pool.pool_id, UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": most}
    )
    ada.pool = ada.house.services.pools.get(ada.pool.pool_id)
    return ada


def current(sessions: list[dict[str, Any]]) -> dict[str, Any]:
    [found] = [session for session in sessions if session["IsCurrentSession"]]
    return found


@pytest.mark.operation("ListUserSessions")
@pytest.mark.operation("AdminListUserSessions")
def test_a_user_sees_every_session_and_which_is_this_one(ada):
    one, two = ada.sign_in(), ada.sign_in()
    listed = ada.listed(one)
    assert len(listed) == 2
    assert all(NAME.fullmatch(session["SessionId"]) for session in listed)
    assert len({session["SessionId"] for session in listed}) == 2
    assert current(listed)["SessionId"] != current(ada.listed(two))["SessionId"]
    assert current(listed)["ClientId"] == ada.client.client_id
    assert not any(session["IsCurrentSession"] for session in ada.seen_by_administrator())


def test_an_untracked_pool_keeps_nobodys_address(ada):
    [session] = ada.listed(ada.sign_in())
    assert "LastIPAddress" not in session
    assert session["DeviceType"] == "unknown"
    assert session["LastActiveDate"] == session["CreateDate"]


def test_a_tracked_session_says_when_and_where_it_was_active(ada):
    tracking(ada)
    tokens = ada.sign_in()
    [session] = ada.listed(tokens)
    assert session["LastIPAddress"] == "127.0.0.1"
    assert "Boto" in session["DeviceType"]
    ada.house.clock.advance(seconds=600)
    ada.refresh(tokens)
    [session] = ada.listed(tokens)
    assert (session["LastActiveDate"] - session["CreateDate"]).total_seconds() == 600


def test_the_least_recently_active_session_makes_room(ada):
    tracking(ada, most=2)
    signed_in = []
    for _ in range(2):
        signed_in.append(ada.sign_in())
        ada.house.clock.advance(seconds=10)
    ada.refresh(signed_in[0])
    ada.house.clock.advance(seconds=10)
    third = ada.sign_in()
    assert len(ada.listed(third)) == 2
    assert refused(ada.listed, tokens=signed_in[1]) == "NotAuthorized"
    assert len(ada.listed(signed_in[0])) == 2


def test_a_session_that_began_in_the_same_second_is_never_its_own_victim(ada):
    tracking(ada, most=1)
    for _ in range(4):
        latest = ada.sign_in()
        assert len(ada.listed(latest)) == 1


@pytest.mark.operation("RevokeUserSession")
@pytest.mark.operation("RevokeUserSession", "ResourceNotFoundException")
@pytest.mark.operation("RevokeUserSession", "InvalidParameterException")
@pytest.mark.operation("RevokeUserSession", "NotAuthorizedException")
def test_a_user_ends_another_session_but_not_this_one(ada):
    one, two = ada.sign_in(), ada.sign_in()
    mine = current(ada.listed(one))["SessionId"]
    other = current(ada.listed(two))["SessionId"]
    revoke = ada.house.unsigned.revoke_user_session
    assert refused(revoke, AccessToken=one["AccessToken"], SessionId=mine) == "InvalidParameter"
    assert refused(revoke, AccessToken=one["AccessToken"], SessionId=NOBODYS) == "ResourceNotFound"
    revoke(AccessToken=one["AccessToken"], SessionId=other)
    assert len(ada.listed(one)) == 1
    assert refused(ada.refresh, tokens=two) == "NotAuthorized"
    assert refused(revoke, AccessToken=two["AccessToken"], SessionId=mine) == "NotAuthorized"
    assert refused(revoke, AccessToken=one["AccessToken"], SessionId=other) == "ResourceNotFound"


def test_another_users_session_is_nobodys(ada):
    ada.house.user(ada.pool, "bob")
    bob, mine = ada.sign_in("bob"), ada.sign_in()
    session = current(ada.listed(mine))["SessionId"]
    revoke = ada.house.unsigned.revoke_user_session
    assert refused(revoke, AccessToken=bob["AccessToken"], SessionId=session) == "ResourceNotFound"
    admin = ada.house.idp.admin_revoke_user_session
    told = refused(admin, UserPoolId=ada.pool.pool_id, Username="bob", SessionId=session)
    assert told == "ResourceNotFound"
    assert len(ada.listed(mine)) == 1


@pytest.mark.operation("AdminRevokeUserSession")
@pytest.mark.operation("AdminRevokeUserSession", "UserNotFoundException")
@pytest.mark.operation("AdminRevokeUserSession", "ResourceNotFoundException")
@pytest.mark.operation("AdminListUserSessions", "UserNotFoundException")
@pytest.mark.operation("AdminListUserSessions", "ResourceNotFoundException")
def test_an_administrator_ends_any_session_of_a_user(ada):
    tokens = ada.sign_in()
    [session] = ada.seen_by_administrator()
    revoke = ada.house.idp.admin_revoke_user_session
    named = {"UserPoolId": ada.pool.pool_id, "Username": "ada", "SessionId": session["SessionId"]}
    assert refused(revoke, **{**named, "Username": "nobody"}) == "UserNotFound"
    assert refused(revoke, **{**named, "UserPoolId": "us-east-1_nothing00"}) == "ResourceNotFound"
    assert refused(revoke, **{**named, "SessionId": "tkn" + "z" * 25}) == "ResourceNotFound"
    revoke(**named)
    assert ada.seen_by_administrator() == []
    assert refused(ada.listed, tokens=tokens) == "NotAuthorized"
    listing = ada.house.idp.admin_list_user_sessions
    assert refused(listing, UserPoolId=ada.pool.pool_id, Username="nobody") == "UserNotFound"
    assert refused(listing, UserPoolId="us-east-1_nothing00", Username="ada") == "ResourceNotFound"


def test_signing_out_everywhere_leaves_no_session_on_the_list(ada):
    ada.sign_in()
    ada.house.clock.advance(seconds=1)
    ada.house.idp.admin_user_global_sign_out(UserPoolId=ada.pool.pool_id, Username="ada")
    assert ada.seen_by_administrator() == []


@pytest.mark.operation("ListUserSessions", "NotAuthorizedException")
def test_an_id_token_lists_nothing(ada):
    tokens = ada.sign_in()
    assert refused(ada.house.unsigned.list_user_sessions, AccessToken=tokens["IdToken"]) == "NotAuthorized"


def test_a_browsers_session_is_listed_as_the_parent_of_what_came_through_it(ada):
    browser, tokens = ada.by_browser()
    token_session, parent = ada.listed(tokens)
    assert (token_session["SessionType"], token_session["OriginSessionId"]) == ("TOKEN", browser.sid)
    assert (parent["SessionType"], parent["SessionId"]) == ("SSO", browser.sid)
    assert parent["IsCurrentSession"]
    api = ada.sign_in()
    assert [s.get("OriginSessionId") for s in ada.listed(api) if s["IsCurrentSession"]] == [None]


@pytest.mark.parametrize(("linked", "left"), [("NONE", 1), ("LINKED", 0)])
def test_ending_a_browsers_session_ends_its_tokens_where_that_is_asked(ada, linked, left):
    browser, tokens = ada.by_browser()
    admin = ada.house.idp.admin_revoke_user_session
    named = {"UserPoolId": ada.pool.pool_id, "Username": "ada", "SessionId": browser.sid}
    admin(**named, RevokeAssociatedSessions=linked)
    assert not ada.house.services.sessions.is_live(ada.pool.pool_id, browser.sid)
    assert len(ada.seen_by_administrator()) == left
    assert refused(admin, **named) == "ResourceNotFound"
    if linked == "LINKED":
        assert refused(ada.listed, tokens=tokens) == "NotAuthorized"


def test_ending_a_token_session_with_its_parent_signs_the_browser_out(ada):
    browser, tokens = ada.by_browser()
    session = current([s for s in ada.listed(tokens) if s["SessionType"] == "TOKEN"])["SessionId"]
    api = ada.sign_in()
    ada.house.unsigned.revoke_user_session(
        AccessToken=api["AccessToken"], SessionId=session, RevokeAssociatedSessions="LINKED"
    )
    assert not ada.house.services.sessions.is_live(ada.pool.pool_id, browser.sid)
    assert len(ada.listed(api)) == 1


def test_the_browser_session_behind_this_token_cannot_be_ended_by_it(ada):
    browser, tokens = ada.by_browser()
    revoke = ada.house.unsigned.revoke_user_session
    assert refused(revoke, AccessToken=tokens["AccessToken"], SessionId=browser.sid) == "InvalidParameter"


def test_tokens_of_one_sign_in_name_the_same_event(ada):
    tokens = ada.sign_in()
    read = [jwt.decode(tokens[name], options={"verify_signature": False}) for name in ("AccessToken", "IdToken")]
    again = jwt.decode(ada.refresh(tokens)["AccessToken"], options={"verify_signature": False})
    assert len({claims["event_id"] for claims in (*read, again)}) == 1
    other = jwt.decode(ada.sign_in()["AccessToken"], options={"verify_signature": False})
    assert other["event_id"] != again["event_id"]
