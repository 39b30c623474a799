"""Whose call is it: the pool or identity that a call names, if the caller may know of it."""

from app.aws.call import Call
from app.core.identity_pools.errors import IdentityNotFound, IdentityPoolNotFound
from app.core.identity_pools.model import Identity, IdentityPool
from app.services import Services


def pool_of(services: Services, call: Call) -> IdentityPool:
    """The caller's pool; raises ``IdentityPoolNotFound``, also for another account's or region's."""
    identity_pool_id = call.input["IdentityPoolId"]
    pool = services.identity_pools.get(identity_pool_id)
    if not is_callers(pool, call):
        raise IdentityPoolNotFound(identity_pool_id)
    return pool


def identity_of(services: Services, call: Call) -> tuple[IdentityPool, Identity]:
    """The identity that a call names without its pool; raises ``IdentityNotFound``, also for another account's or region's."""
    pool, identity = services.identities.locate(call.input["IdentityId"])
    if not is_callers(pool, call):
        raise IdentityNotFound(identity.identity_id)
    return pool, identity


def is_callers(pool: IdentityPool, call: Call) -> bool:
    """Whether who signed may know of the pool. An unsigned call has no account of its own."""
    return call.principal is None or (pool.account_id, pool.region) == (call.account_id, call.region)
