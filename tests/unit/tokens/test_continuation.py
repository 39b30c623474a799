from dataclasses import replace

import pytest

from app.core.clients.model import Client, ClientExtensions, ClientSettings
from app.core.kernel.ids import ClientId, PoolId, Sub
from app.core.pools.model import Pool, PoolExtensions
from app.core.pools.settings import PoolSettings
from app.core.tokens.continuation import GoOn, Rotate, Stop, choose_continuation
from app.core.tokens.model import RefreshFamily, RefreshToken, TokenSession
from app.core.users.model import User, UserStatus

NOW = 1000
POOL = Pool(
    pool_id=PoolId("p"), account_id="1", region="r", name="p", settings=PoolSettings.read({}),
    extensions=PoolExtensions.read({}), created_at=0, updated_at=0,
)  # fmt: skip
USER = User(
    pool_id=PoolId("p"),
    sub=Sub("s"),
    username="u",
    status=UserStatus.CONFIRMED,
    attributes={},
    created_at=0,
    updated_at=0,
)
SESSION = TokenSession(
    origin_jti="j", pool_id=PoolId("p"), client_id=ClientId("c"), sub=Sub("s"), scope=("openid",), nonce=None,
    auth_time=500, sid=None, created_at=500, expires_at=9000,
)  # fmt: skip
REFRESH = RefreshToken(token_hash="h", pool_id=PoolId("p"), origin_jti="j", created_at=500, expires_at=2000)
FAMILY = RefreshFamily(refresh=REFRESH, session=SESSION, user=USER)


def a_client(*, grace=None):
    rotation = {} if grace is None else {"Feature": "ENABLED", "RetryGracePeriodSeconds": grace}
    return Client(
        client_id=ClientId("c"), pool_id=PoolId("p"), name="c", extensions=ClientExtensions.read({}), secrets=(),
        settings=ClientSettings.read({"RefreshTokenRotation": rotation}), created_at=0, updated_at=0,
    )  # fmt: skip


def family(*, refresh=None, session=None, user=USER):
    return RefreshFamily(
        refresh=replace(REFRESH, **(refresh or {})), session=replace(SESSION, **(session or {})), user=user
    )


@pytest.mark.parametrize(
    ("found", "stop"),
    [
        (None, Stop.UNKNOWN),
        (family(session={"client_id": ClientId("other")}), Stop.UNKNOWN),
        (family(session={"pool_id": PoolId("other")}), Stop.UNKNOWN),
        (family(session={"client_id": ClientId("other")}, refresh={"used_at": 1}), Stop.UNKNOWN),
        (family(session={"revoked_at": 1}), Stop.REVOKED),
        (family(session={"revoked_at": 1}, refresh={"used_at": 1}), Stop.REVOKED),
        (family(refresh={"expires_at": NOW}), Stop.EXPIRED),
        (family(refresh={"used_at": NOW - 1}), Stop.REUSED),
        (family(refresh={"used_at": NOW}), Stop.REUSED),
        (family(user=None), Stop.NO_USER),
        (family(user=replace(USER, enabled=False)), Stop.NO_USER),
        (family(user=replace(USER, sessions_valid_after=500)), Stop.NO_USER),
        (family(user=replace(USER, sessions_valid_after=501)), Stop.NO_USER),
    ],
)
def test_a_family_stops(found, stop):
    assert choose_continuation(POOL, a_client(), found, now=NOW) is stop
    assert choose_continuation(POOL, a_client(grace=0), found, now=NOW) is stop


def test_a_family_goes_on():
    assert choose_continuation(POOL, a_client(), FAMILY, now=NOW) == GoOn(user=USER)


def test_a_rotating_clients_family_is_exchanged():
    assert choose_continuation(POOL, a_client(grace=0), FAMILY, now=NOW) == Rotate(user=USER, reusable_since=NOW + 1)


@pytest.mark.parametrize(("used_at", "again"), [(NOW, True), (NOW - 9, True), (NOW - 10, False), (1, False)])
def test_the_grace_period_counts_from_the_first_exchange(used_at, again):
    step = choose_continuation(POOL, a_client(grace=10), family(refresh={"used_at": used_at}), now=NOW)
    assert isinstance(step, Rotate) if again else step is Stop.REUSED
