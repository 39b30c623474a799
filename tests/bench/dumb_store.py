"""A store behind the gateway that reads a request and answers one kibibyte, whatever was asked: it must not be what is measured.

``python -m tests.bench.dumb_store PORT`` listens on that loopback port until it is ended.
"""

import asyncio
import re
import sys
from contextlib import suppress

OBJECT = b"x" * 1024
_ITEM = b'{"Item": {"owner": {"S": "somebody"}}}'
_TABLE = b"""{"Table": {"TableName": "notes", "TableStatus": "ACTIVE", "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
"AttributeDefinitions": [{"AttributeName": "owner", "AttributeType": "S"}]}}"""
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


def _answer(kind: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (kind, len(body), body)


_OBJECT = _answer(b"application/octet-stream", OBJECT)
_STORED = _answer(b"application/xml", b"")
_FOUND = _answer(b"application/x-amz-json-1.0", _ITEM)
_DESCRIBED = _answer(b"application/x-amz-json-1.0", _TABLE)


def _choose(head: bytes) -> bytes:
    if head.startswith(b"POST"):
        return _DESCRIBED if b"DescribeTable" in head else _FOUND
    return _OBJECT if head.startswith(b"GET") else _STORED


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if length := _LENGTH.search(head):
                await reader.readexactly(int(length[1]))
            writer.write(_choose(head))
            await writer.drain()
    writer.close()


async def _main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", int(sys.argv[1]))
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
