from dataclasses import dataclass

from app.aws.call import Call
from app.aws.operations import Answer, operation
from app.aws.paging import Paging
from app.blueprints.user_pools.access import pool_of
from app.blueprints.user_pools.rendering import user_type
from app.core.kernel.errors import InvalidParameter
from app.core.pools.model import Pool
from app.core.users.filter import read_filter
from app.services import Services

_MOST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedUsers:
    """All users of a pool, or those that a filter finds, in pages."""

    services: Services

    @operation("ListUsers")
    def list_users(self, call: Call) -> Answer:
        pool = pool_of(self.services, call)
        text = call.input.get("Filter", "")
        wanted, shown = read_filter(text), call.input.get("AttributesToGet")
        _check_known(pool, shown or ())
        paging = Paging(hasher=self.services.hasher, clock=self.services.clock)
        bound = {"pool": pool.pool_id, "filter": text}
        token = call.input.get("PaginationToken")
        after = None if token is None else paging.read(call.operation, bound, token)
        limit = call.input.get("Limit") or _MOST
        # One more than is shown tells whether there is another page.
        found = self.services.users.list_page(pool, wanted, after=after, limit=limit + 1)
        users = [user_type(pool, listed.user) for listed in found[:limit]]
        if shown is not None:
            for user in users:
                user["Attributes"] = [kept for kept in user["Attributes"] if kept["Name"] in shown]
        more = paging.write(call.operation, bound, found[limit - 1].position) if len(found) > limit else None
        return {"Users": users, "PaginationToken": more}


def _check_known(pool: Pool, names: list[str] | tuple[str, ...]) -> None:
    for name in names:
        if name not in pool.settings.schema:
            raise InvalidParameter("One or more requested attributes do not exist.")
