import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.core.deliveries.service import Deliveries
from app.core.kernel.ids import ClientId, PoolId
from app.core.kernel.secret import Secret
from app.core.messages.model import Channel, Notice, NoticeKind
from app.core.messages.posting import Post
from app.core.pools.model import Pool

NOTICE = "notice"
"""The kind of delivery that is a notice."""

_log = logging.getLogger("poolhouse.messages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """The ``Messenger``: at once through the post, or by way of the queue."""

    post: Post
    deliveries: Deliveries

    def send(self, pool: Pool, notice: Notice) -> None:
        """At once; raises ``CodeDeliveryFailed``. Not to be called inside a transaction: a mail server may be slow."""
        self.post.send(pool, notice)

    def queue(self, pool: Pool, notice: Notice) -> None:
        """One sealed row, joining the open transaction; it is written out and sent later, so no time tells whom it is for."""
        self.deliveries.enqueue(NOTICE, _packed(pool, notice))

    def queue_nothing(self, pool: Pool) -> None:
        """As ``queue`` for a request that concerns nobody: one sealed row of the same size, dropped when its turn comes."""
        self.deliveries.enqueue_nothing(_packed(pool, _NOBODY))


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedNotices:
    """What ``deliveries`` calls with a queued notice when its turn has come."""

    post: Post
    find_pool: Callable[[PoolId], Pool | None]

    def deliver(self, payload: str) -> None:
        """Raises ``CodeDeliveryFailed``. A pool that is gone takes its messages with it."""
        document = json.loads(payload)
        pool = self.find_pool(PoolId(document["pool_id"]))
        if pool is None:
            _log.info("messages.pool_gone")
            return
        self.post.send(pool, _unpacked(document))


_NOBODY = Notice(
    kind=NoticeKind.FORGOT_PASSWORD,
    channel=Channel.EMAIL,
    address="nobody@invalid",
    username="nobody@invalid",
    code=Secret("000000"),
)


def _packed(pool: Pool, notice: Notice) -> str:
    return json.dumps(
        {
            "pool_id": pool.pool_id,
            "kind": notice.kind.value,
            "channel": notice.channel.value,
            "address": notice.address,
            "username": notice.username,
            "code": notice.code.reveal() if notice.code else None,
            "client_id": notice.client_id,
            "language": notice.language,
        }
    )


def _unpacked(document: dict[str, Any]) -> Notice:
    code, client_id = document["code"], document["client_id"]
    return Notice(
        kind=NoticeKind(document["kind"]),
        channel=Channel(document["channel"]),
        address=document["address"],
        username=document["username"],
        code=None if code is None else Secret(code),
        client_id=None if client_id is None else ClientId(client_id),
        language=document["language"],
    )
