"""The gateway under granian, which hands the raw request target on to ASGI applications only. The work is done in threads."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from app.gateway.exchange import Incoming, Outgoing, read_headers
from app.gateway.refusal import Refusal
from app.gateway.service import Gateway

_PATIENCE = 30
"""Seconds that a thread waits for a body in all, and one more for every ``_SLOWEST`` bytes of it that came."""
_SLOWEST = 4096
_Message = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AsgiGateway:
    """An ASGI application. ``threads`` answer, one request each.

    ``monotonic`` gives seconds, in which the patience with slow bodies is measured.
    """

    gateway: Gateway
    threads: ThreadPoolExecutor
    monotonic: Callable[[], float] = time.monotonic

    async def __call__(
        self,
        scope: _Message,
        receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http":
            return
        loop = asyncio.get_running_loop()
        body = _Body(receive, loop, self.monotonic)
        incoming, place = _blank(scope, body.read), None
        try:
            try:
                headers = read_headers((bytes(name), bytes(value)) for name, value in scope["headers"])
                incoming = replace(incoming, headers=headers)
                # Before a thread is asked for: else whoever has too many under way would fill the queue for one.
                place = self.gateway.take_place(incoming)
            except Refusal as refusal:
                outgoing = self.gateway.refuse(refusal, incoming)
            else:
                if place is not None:
                    incoming = replace(incoming, proven=place.proven)
                outgoing = await loop.run_in_executor(self.threads, self.gateway.answer, incoming)
            await self._send(outgoing, send)
        finally:
            if place is not None:
                place.close()

    async def _send(self, outgoing: Outgoing, send: Callable[[_Message], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        try:
            headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in outgoing.headers]
            await send({"type": "http.response.start", "status": outgoing.status, "headers": headers})
            pieces = iter(outgoing.body)
            while (piece := await loop.run_in_executor(self.threads, next, pieces, None)) is not None:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            outgoing.close()


def _blank(scope: _Message, read: Callable[[int], bytes]) -> Incoming:
    """Without its headers."""
    query = scope["query_string"]
    return Incoming(
        method=scope["method"],
        target=(scope["raw_path"] + (b"?" + query if query else b"")).decode("latin-1"),
        headers={},
        read=read,
        peer=scope["client"][0] if scope.get("client") else "",
        secure=scope["scheme"] == "https",
    )


class _Body:
    """The body, read from a thread. Who sends a byte now and then must not keep the thread for as long as they like."""

    def __init__(
        self,
        receive: Callable[[], Awaitable[_Message]],
        loop: asyncio.AbstractEventLoop,
        monotonic: Callable[[], float],
    ) -> None:
        self._receive = receive
        self._loop = loop
        self._monotonic = monotonic
        self._patience: float = _PATIENCE
        self._left = b""
        self._is_done = False

    def read(self, most: int) -> bytes:
        while not self._left and not self._is_done:
            message = self._waited_for()
            if message["type"] != "http.request":
                raise Refusal("IncompleteBody", "The client hung up.")
            self._left = message.get("body", b"")
            self._is_done = not message.get("more_body", False)
        piece, self._left = self._left[:most], self._left[most:]
        return piece

    def _waited_for(self) -> _Message:
        began, asked = self._monotonic(), asyncio.run_coroutine_threadsafe(self._next(), self._loop)
        try:
            message = asked.result(self._patience)
        except TimeoutError as late:
            asked.cancel()
            raise _late() from late
        earned = len(message.get("body", b"")) / _SLOWEST
        self._patience = min(_PATIENCE, self._patience - (self._monotonic() - began) + earned)
        if self._patience <= 0:
            raise _late()
        return message

    async def _next(self) -> _Message:
        return await self._receive()


def _late() -> Refusal:
    return Refusal("RequestTimeout", "The body did not arrive in time.")
