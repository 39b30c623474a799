"""OpenID Connect Back-Channel Logout 1.0: a signed token from server to server, sent again until it was received."""

import json
import logging
from collections.abc import Iterator

import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from app.adapters.sql.deliveries import SqlDeliveries
from app.adapters.system.outbound import GuardedOutbound
from app.core.account.administration import AdministrationRecord
from app.core.clients.extensions import CLIENT_EXTENSIONS
from app.core.deliveries.model import MOST_TRIES
from app.core.deliveries.service import Deliveries
from app.core.kernel.extensions import ExtensionInvalid, changed
from app.core.sessions.backchannel import BackchannelLogout
from app.core.sessions.logout import BACKCHANNEL_LOGOUT
from tests.support.hosted_app import HostedApp
from tests.support.oauth_app import PUBLIC_URL, claims_of, header_of
from tests.support.relying import RelyingParty, relying_party
from tests.support.waiting import wait_until
from tests.support.world import fresh_sqlite

BYE = "https://app.example.com/bye"
EVENT = "http://schemas.openid.net/event/backchannel-logout"

pytestmark = pytest.mark.spec("Back-Channel Logout 1.0 §2.4")


@pytest.fixture
def party() -> Iterator[RelyingParty]:
    with relying_party() as party:
        yield party


@pytest.fixture
def queue(house) -> Deliveries:
    """The queue as the server has it; ``drain`` sends what is due."""
    handler = BackchannelLogout(
        find_pool=house.world.pools.find,
        find_client=house.world.clients.find,
        issuer=house.tokens.issuer,
        subject_for=house.tokens.subject_for,
        keys=house.keys,
        outbound=GuardedOutbound(allow_loopback=True, seconds=10),
        clock=house.clock,
    )
    deliveries = Deliveries(
        store=SqlDeliveries(house.world.database, house.world.sealer, only=(BACKCHANNEL_LOGOUT,)),
        clock=house.clock,
        audit=house.world.audit,
        handlers={BACKCHANNEL_LOGOUT: handler.deliver},
    )
    house.queue.enqueue = deliveries.enqueue
    return deliveries


def a_client(house, party, path="/bc?x=1", **extensions):
    given = {"backchannel_logout_uri": f"{party.url}{path}", **extensions}
    return house.world.a_client(house.pool, extensions=given)


def take_part(house, browser, client):
    return house.redeem(house.a_code(client, browser), client).json


def logout(house, browser):
    return browser.get("/logout", query_string={"client_id": house.client.client_id, "logout_uri": BYE})


def verified(house, token):
    keys = KeySet.import_key_set(house.browser().get(f"/{house.pool.pool_id}/.well-known/jwks.json").json)
    return json.loads(jws.deserialize_compact(token, keys, algorithms=["RS256"]).payload)


def test_the_logout_token_says_what_the_standard_asks(house, party, queue):
    browser, client = house.signed_in(), a_client(house, party)
    id_token = take_part(house, browser, client)["id_token"]
    logout(house, browser)
    assert party.posts == []
    assert queue.drain() == 1
    (form,) = party.posts
    assert set(form) == {"logout_token"}
    token = form["logout_token"]
    assert header_of(token)["typ"] == "logout+jwt"
    assert header_of(token)["alg"] == "RS256"
    assert header_of(token)["kid"] == header_of(id_token)["kid"]
    claims, now = verified(house, token), house.clock.now()
    assert len(claims.pop("jti")) == 36
    assert claims == {
        "iss": f"{PUBLIC_URL}/{house.pool.pool_id}",
        "aud": client.client_id,
        "sub": house.user.sub,
        "sid": claims_of(id_token)["sid"],
        "iat": now,
        "exp": now + 120,
        "events": {EVENT: {}},
    }


def test_a_pairwise_client_hears_the_name_it_knows(house, party, queue):
    browser, client = house.signed_in(), a_client(house, party, subject_type="pairwise")
    id_token = take_part(house, browser, client)["id_token"]
    logout(house, browser)
    assert queue.drain() == 1
    assert verified(house, party.posts[0]["logout_token"])["sub"] == claims_of(id_token)["sub"] != house.user.sub


def test_a_logout_token_is_good_for_nothing_here(house, party, queue):
    browser, client = house.signed_in(), a_client(house, party)
    take_part(house, browser, client)
    logout(house, browser)
    queue.drain()
    token = party.posts[0]["logout_token"]
    assert house.userinfo(token).status_code == 401
    assert house.hints.find(token) is None


def test_only_clients_that_took_part_hear_and_each_once(house, party, queue):
    browser = house.signed_in()
    one, two = a_client(house, party), a_client(house, party)
    a_client(house, party)
    take_part(house, house.signed_in(), two)
    take_part(house, browser, one)
    take_part(house, browser, one)
    logout(house, browser)
    logout(house, browser)
    assert queue.drain() == 1
    assert verified(house, party.posts[0]["logout_token"])["aud"] == one.client_id


def test_a_client_without_such_an_address_hears_nothing(house, party, queue):
    browser = house.signed_in()
    take_part(house, browser, house.client)
    logout(house, browser)
    assert queue.drain() == 0


@pytest.mark.spec("Back-Channel Logout 1.0 §2.8")
@pytest.mark.parametrize("status", [400, 401, 404, 302, 500, 503])
def test_what_was_not_accepted_is_sent_again_with_a_token_that_is_fresh(house, party, queue, status):
    party.statuses = [status]
    browser, client = house.signed_in(), a_client(house, party)
    take_part(house, browser, client)
    logout(house, browser)
    queue.drain()
    house.clock.advance(seconds=4)
    assert queue.drain() == 0
    house.clock.advance(minutes=10)
    assert queue.drain() == 1
    assert queue.drain() == 0
    first, second = (claims_of(form["logout_token"]) for form in party.posts)
    assert first["jti"] != second["jti"]
    assert second["iat"] == house.clock.now()


def test_it_is_not_tried_for_ever(house, party, queue):
    party.statuses = [500] * 50
    browser, client = house.signed_in(), a_client(house, party)
    take_part(house, browser, client)
    logout(house, browser)
    for _ in range(12):
        queue.drain()
        house.clock.advance(hours=1)
    assert len(party.posts) == MOST_TRIES


@pytest.mark.parametrize("status", [200, 204])
def test_success_ends_it(house, party, queue, status):
    party.statuses = [status]
    browser, client = house.signed_in(), a_client(house, party)
    take_part(house, browser, client)
    logout(house, browser)
    queue.drain()
    house.clock.advance(days=1)
    assert queue.drain() == 0


def test_a_client_or_address_that_is_gone_ends_it(house, party, queue):
    browser, client = house.signed_in(), a_client(house, party)
    take_part(house, browser, client)
    logout(house, browser)
    house.world.clients.remove(house.pool.pool_id, client.client_id)
    assert queue.drain() == 1
    house.clock.advance(days=1)
    assert (queue.drain(), party.posts) == (0, [])


def test_an_address_behind_the_server_is_never_called(house, party, queue):
    """The same client, without development mode: loopback is as refused as any other private address."""
    guarded = BackchannelLogout(
        find_pool=house.world.pools.find,
        find_client=house.world.clients.find,
        issuer=house.tokens.issuer,
        subject_for=house.tokens.subject_for,
        keys=house.keys,
        outbound=GuardedOutbound(),
        clock=house.clock,
    )
    queue.handlers[BACKCHANNEL_LOGOUT] = guarded.deliver
    browser, client = house.signed_in(), a_client(house, party)
    take_part(house, browser, client)
    logout(house, browser)
    queue.drain()
    assert party.posts == []


def test_no_log_line_holds_the_token(house, party, queue, caplog):
    caplog.set_level(logging.DEBUG)
    party.statuses = [500]
    browser, client = house.signed_in(), a_client(house, party)
    take_part(house, browser, client)
    logout(house, browser)
    queue.drain()
    signature = party.posts[0]["logout_token"].rsplit(".", 1)[1]
    told = " ".join(str(vars(record)) for record in caplog.records)
    assert "deliveries.postponed" in told
    assert signature not in told


# -- when an administrator ends everything ------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["disable", "delete", "sign_out"])
def test_who_is_disabled_deleted_or_signed_out_is_signed_out_everywhere(house, party, queue, event):
    client = a_client(house, party, backchannel_logout_session_required=True)
    sids = {claims_of(take_part(house, house.signed_in(), client)["id_token"])["sid"] for _ in range(2)}
    record = AdministrationRecord(audit=house.world.audit, messages=house.world.mailbox, logouts=house.logouts)
    record.record(event, house.user)
    assert queue.drain() == 2
    assert {claims_of(form["logout_token"])["sid"] for form in party.posts} == sids


def test_a_client_that_needs_no_session_gets_one_token_for_all(house, party, queue):
    client = a_client(house, party)
    for _ in range(3):
        take_part(house, house.signed_in(), client)
    house.logouts.end_user(house.pool.pool_id, house.user.sub)
    assert queue.drain() == 1
    claims = claims_of(party.posts[0]["logout_token"])
    assert claims["sub"] == house.user.sub
    assert "sid" not in claims


@pytest.mark.parametrize("event", ["create", "set_password", "update_attributes", "enable", "confirm"])
def test_other_changes_sign_nobody_out(house, party, queue, event):
    take_part(house, house.signed_in(), a_client(house, party))
    record = AdministrationRecord(audit=house.world.audit, messages=house.world.mailbox, logouts=house.logouts)
    record.record(event, house.user)
    assert queue.drain() == 0


def test_nobody_elses_sessions_end(house, party, queue):
    take_part(house, house.signed_in(), a_client(house, party))
    other = house.a_user(house.pool)
    house.logouts.end_user(house.pool.pool_id, other.sub)
    assert queue.drain() == 0


def test_a_change_that_is_rolled_back_tells_nobody(house, party, queue):
    take_part(house, house.signed_in(), a_client(house, party))

    def fail_after():
        with house.world.database.transaction():
            house.logouts.end_user(house.pool.pool_id, house.user.sub)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after()
    assert queue.drain() == 0
    house.logouts.end_user(house.pool.pool_id, house.user.sub)
    assert queue.drain() == 1


def test_who_took_part_is_forgotten_when_its_tokens_are(house, party, queue):
    take_part(house, house.signed_in(), a_client(house, party))
    house.clock.advance(days=31)
    house.logouts.end_user(house.pool.pool_id, house.user.sub)
    assert queue.drain() == 0


# -- the rest -----------------------------------------------------------------------------------------------------------


def test_mail_does_not_wait_behind_a_client_that_hangs(house):
    """Two lanes: who drains the one never sees the other's."""
    database, sealer = house.world.database, house.world.sealer
    clock, audit = house.clock, house.world.audit
    both = Deliveries(store=SqlDeliveries(database, sealer), clock=clock, audit=audit)
    both.enqueue(BACKCHANNEL_LOGOUT, "{}")
    both.enqueue("notice", "{}")
    seen = []
    handlers = {BACKCHANNEL_LOGOUT: lambda _: seen.append("logout"), "notice": lambda _: seen.append("notice")}
    mails = SqlDeliveries(database, sealer, but=(BACKCHANNEL_LOGOUT,))
    assert Deliveries(store=mails, clock=clock, audit=audit, handlers=handlers).drain() == 1
    assert seen == ["notice"]
    logouts = SqlDeliveries(database, sealer, only=(BACKCHANNEL_LOGOUT,))
    assert Deliveries(store=logouts, clock=clock, audit=audit, handlers=handlers).drain() == 1
    assert seen == ["notice", "logout"]


def test_discovery_says_so(house):
    document = house.browser().get(f"/{house.pool.pool_id}/.well-known/openid-configuration").json
    assert document["backchannel_logout_supported"] is True
    assert document["backchannel_logout_session_supported"] is True


@pytest.mark.spec("Back-Channel Logout 1.0 §2.2")
@pytest.mark.parametrize(
    "uri",
    [
        "http://app.example.com/bc",
        "https://app.example.com/bc#x",
        "https://u:p@app.example.com/",
        "ftp://a/",
        "bc",
        1,
        [],
    ],
)
def test_an_address_that_is_not_https_is_refused(uri):
    with pytest.raises(ExtensionInvalid):
        changed(CLIENT_EXTENSIONS, {}, "backchannel_logout_uri", uri, lambda _: None)


def test_in_the_whole_application_a_person_who_takes_over_a_browser_ends_the_one_before(tmp_path, party):
    house = HostedApp(tmp_path, fresh_sqlite(tmp_path))
    try:
        for email in ("ada@example.com", "bob@example.com"):
            house.a_user(email)
        house.client = house.services.clients.set_extension(
            house.pool.pool_id, house.client.client_id, "backchannel_logout_uri", f"{party.url}/bc"
        )
        visitor = house.browser().go(f"/oauth2/authorize?{house.query()}").sign_in("ada@example.com")
        assert visitor.landed["code"]
        ada = house.services.users.get(house.pool, "ada@example.com")
        house.clock.advance(seconds=2)
        visitor.go(f"/oauth2/authorize?{house.query(prompt='login')}").sign_in("ada@example.com")
        assert party.posts == []
        house.clock.advance(seconds=2)
        visitor.go(f"/oauth2/authorize?{house.query(prompt='login')}").sign_in("bob@example.com")
        wait_until(lambda: party.posts, seconds=30, what="the logout token")
        assert claims_of(party.posts[0]["logout_token"])["sub"] == ada.sub
        house.services.users.disable(house.pool, "bob@example.com")
        wait_until(lambda: len(party.posts) == 2, seconds=30, what="the logout token of who was disabled")
    finally:
        house.close()
