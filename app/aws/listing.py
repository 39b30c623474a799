"""Lists in pages: each page is one statement for one item more than it shows, and its token stands behind the last one shown."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from app.aws.call import Call
from app.aws.paging import Paging
from app.services import Services

Item = TypeVar("Item")


def list_page(
    services: Services,
    call: Call,
    *,
    bound: Mapping[str, Any],
    limit: int | None,
    most: int,
    fetch: Callable[[Any, int], list[Item]],
    position_of: Callable[[Item], Any],
    member: str = "NextToken",
) -> tuple[list[Item], str | None]:
    """One page and the token of the next, None on the last. No limit, or 0, is ``most``.

    ``fetch`` is given the position to start behind (None at the beginning) and how many to read; ``bound`` is the query
    that a token is good for, in this account and region.
    """
    paging = Paging(hasher=services.hasher, clock=services.clock)
    query = {**bound, "account": call.account_id, "region": call.region}
    token = call.input.get(member)
    after = paging.read(call.operation, query, token)["after"] if token is not None else None
    size = min(limit or most, most)
    found = fetch(after, size + 1)
    if len(found) <= size:
        return found, None
    shown = found[:size]
    return shown, paging.write(call.operation, query, {"after": position_of(shown[-1])})
