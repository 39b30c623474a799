"""Bodies: held against what their sender signed while they pass through.

The last piece of a body is withheld until everything about it is proven, so that a store never holds a whole object that its
sender did not sign.
"""

import base64
import hashlib
import hmac
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.aws.sigv4 import signing_key
from app.core.kernel.secret import Secret
from app.gateway.exchange import Incoming
from app.gateway.refusal import Refusal
from app.gateway.signatures import SIGNED_CHUNKS_TRAILER, STREAMING, UNSIGNED, UNSIGNED_TRAILER, Claim

PIECE = 64 * 1024
SMALL = 1024 * 1024
"""Up to here a body is read and proven before the store is spoken to at all."""
LARGEST_CHUNK = 4 * 1024 * 1024
"""A signed chunk is proven as a whole, so it is held in memory as a whole."""
LARGEST_OBJECT = 5 * 1024**3
_EMPTY = hashlib.sha256(b"").hexdigest()
_LONGEST_LINE = 4096
_SIZE = re.compile(rb"[0-9a-fA-F]{1,10}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
TRAILERS = {
    "x-amz-checksum-crc32": 8,
    "x-amz-checksum-crc32c": 8,
    "x-amz-checksum-crc64nvme": 12,
    "x-amz-checksum-sha1": 28,
    "x-amz-checksum-sha256": 44,
}
"""Checksums that may follow a body, and how many characters of base64 each has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A body on its way: ``length`` bytes in ``pieces``, with these headers about it (lower case; ``content-length`` among them).

    ``declared`` is what the re-signed request says of it.
    """

    length: int
    pieces: Iterator[bytes]
    headers: dict[str, str]
    declared: str


def read_payload(incoming: Incoming, claim: Claim, secret: Secret) -> Payload:
    """The body as it is to be forwarded, whatever encoding it came in. Raises ``Refusal``, also while the pieces are taken."""
    length = body_length(incoming)
    if claim.payload not in STREAMING:
        if length is None:
            raise Refusal("MissingContentLength", "You must provide the Content-Length HTTP header.")
        expected = None if claim.payload == UNSIGNED else claim.payload
        return _settled(_whole(incoming.read, length, expected), length, claim.payload)
    decoded = claim.headers.get("x-amz-decoded-content-length", "")
    if not _NUMBER.fullmatch(decoded) or int(decoded) > LARGEST_OBJECT:
        raise Refusal("MissingContentLength", "You must provide the x-amz-decoded-content-length HTTP header.")
    trailer = claim.headers.get("x-amz-trailer")
    has_trailer = claim.payload in {SIGNED_CHUNKS_TRAILER, UNSIGNED_TRAILER}
    if has_trailer != (trailer is not None) or (trailer is not None and trailer.lower() not in TRAILERS):
        raise Refusal("InvalidRequest", "x-amz-trailer must name one checksum, and only where the body has a trailer.")
    decoder = _Decoder(
        lines=_Lines(incoming.read, length),
        length=int(decoded),
        trailer=trailer.lower() if trailer else None,
        chunk=None if claim.payload == UNSIGNED_TRAILER else _ChunkSigner(claim, secret),
    )
    if decoder.trailer is None:
        return _settled(decoder.pieces(), decoder.length, UNSIGNED)
    if decoder.length > SMALL:
        return _with_trailer(decoder, decoder.trailer)
    # Known before the store is spoken to, a checksum is an ordinary header.
    pieces = list(decoder.pieces())
    return Payload(
        length=decoder.length,
        pieces=iter(pieces),
        headers={"content-length": str(decoder.length), decoder.trailer: decoder.checksum},
        declared=UNSIGNED,
    )


def body_length(incoming: Incoming) -> int | None:
    """What the one length header says; 0 where there is neither that nor a transfer encoding, None in chunks of HTTP's.

    Raises ``Refusal`` where a body could have two lengths.
    """
    given, encoding = incoming.headers.get("content-length"), incoming.headers.get("transfer-encoding")
    if encoding is not None:
        if given is not None or encoding.lower() != "chunked":
            raise Refusal("InvalidRequest", "A request has either a Content-Length or the transfer encoding chunked.")
        return None
    if given is None:
        return 0
    if not _NUMBER.fullmatch(given):
        raise Refusal("InvalidArgument", "Content-Length is not a number.")
    if int(given) > LARGEST_OBJECT + LARGEST_CHUNK:
        raise Refusal("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
    return int(given)


def read_small(payload: Payload, most: int) -> bytes:
    """All of a body that has to be looked into. Raises ``Refusal`` where it is larger than ``most``."""
    if payload.length > most:
        raise Refusal("EntityTooLarge", "The body of this request is too large.")
    return b"".join(payload.pieces)


def _settled(pieces: Iterator[bytes], length: int, declared: str) -> Payload:
    if length <= SMALL:
        pieces = iter(list(pieces))
    return Payload(length=length, pieces=_withheld(pieces), headers={"content-length": str(length)}, declared=declared)


def _withheld(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same, one late: a failure after the last piece still holds it back."""
    held = b""
    for piece in pieces:
        if held:
            yield held
        held = piece
    if held:
        yield held


def _whole(read: Callable[[int], bytes], length: int, expected: str | None) -> Iterator[bytes]:
    digest, left = hashlib.sha256(), length
    while left:
        piece = read(min(left, PIECE))
        if not piece:
            raise Refusal(
                "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header"
            )
        left -= len(piece)
        if expected is not None:
            digest.update(piece)
        yield piece
    if expected is not None and not hmac.compare_digest(digest.hexdigest(), expected):
        raise Refusal(
            "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."
        )


class _Lines:
    """Reads lines and exact numbers of bytes of an encoded body, never past its length."""

    def __init__(self, read: Callable[[int], bytes], length: int | None) -> None:
        self._read = read
        self._left = length
        self._buffer = b""

    def line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            if len(self._buffer) > _LONGEST_LINE or not self._fill():
                raise _incomplete()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def exactly(self, count: int) -> Iterator[bytes]:
        while count:
            if not self._buffer and not self._fill():
                raise _incomplete()
            piece, self._buffer = self._buffer[:count], self._buffer[count:]
            count -= len(piece)
            yield piece

    def check_end(self) -> None:
        """Raises where anything follows."""
        if self._buffer or self._fill():
            raise _incomplete()

    def _fill(self) -> bool:
        piece = self._read(PIECE if self._left is None else min(PIECE, self._left))
        if self._left is not None:
            self._left -= len(piece)
        self._buffer += piece
        return bool(piece)


class _ChunkSigner:
    """Checks the chain of signatures that begins with the request's own (S3: sigv4-streaming)."""

    def __init__(self, claim: Claim, secret: Secret) -> None:
        self._key = signing_key(secret, claim.authorization.scope)
        self._head = f"{claim.date}\n{claim.authorization.scope}"
        self._previous = claim.authorization.signature

    def check(self, data: bytes, signature: str) -> None:
        self._check("AWS4-HMAC-SHA256-PAYLOAD", f"{_EMPTY}\n{hashlib.sha256(data).hexdigest()}", signature)

    def check_trailer(self, lines: bytes, signature: str) -> None:
        self._check("AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(lines).hexdigest(), signature)

    def _check(self, kind: str, hashed: str, signature: str) -> None:
        text = f"{kind}\n{self._head}\n{self._previous}\n{hashed}"
        wanted = hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted.encode(), signature.encode()):
            raise Refusal("SignatureDoesNotMatch", "The signature of a chunk does not match.")
        self._previous = wanted


@dataclass(slots=True, kw_only=True)
class _Decoder:
    """Takes S3's own chunks apart. ``checksum`` is the trailer's value once all pieces were taken."""

    lines: _Lines
    length: int
    trailer: str | None
    chunk: _ChunkSigner | None
    checksum: str = ""

    def pieces(self) -> Iterator[bytes]:
        left, sums = self.length, _Sums(self.trailer)
        while True:
            size, signature = self._read_size()
            if size > left:
                raise _incomplete()
            left -= size
            if self.chunk is None:
                for piece in self.lines.exactly(size):
                    sums.add(piece)
                    yield piece
            else:
                if size > LARGEST_CHUNK:
                    raise Refusal("InvalidRequest", f"A signed chunk has at most {LARGEST_CHUNK} bytes here.")
                data = b"".join(self.lines.exactly(size))
                self.chunk.check(data, signature)
                sums.add(data)
                if data:
                    yield data
            if not size:
                break
            if self.lines.line():
                raise _incomplete()
        if left:
            raise _incomplete()
        self._read_trailer(sums)
        self.lines.check_end()

    def _read_size(self) -> tuple[int, str]:
        size, separator, rest = self.lines.line().partition(b";")
        name, _, signature = rest.partition(b"=")
        if not _SIZE.fullmatch(size) or (self.chunk is not None and name != b"chunk-signature"):
            raise _incomplete()
        if self.chunk is None and separator:
            raise _incomplete()
        return int(size, 16), signature.decode("latin-1")

    def _read_trailer(self, sums: "_Sums") -> None:
        if self.trailer is None:
            if self.lines.line():
                raise _incomplete()
            return
        name, _, value = self.lines.line().decode("latin-1").partition(":")
        self.checksum = value.strip()
        if name.strip().lower() != self.trailer or not _is_checksum(self.trailer, self.checksum):
            raise Refusal("InvalidRequest", "The trailer is not the one that x-amz-trailer names.")
        if self.chunk is not None:
            name, _, signature = self.lines.line().decode("latin-1").partition(":")
            if name.strip().lower() != "x-amz-trailer-signature":
                raise _incomplete()
            self.chunk.check_trailer(f"{self.trailer}:{self.checksum}\n".encode(), signature.strip())
        if self.lines.line():
            raise _incomplete()
        sums.check(self.checksum)


class _Sums:
    """The checksum of what passes, for those that Python computes in no time; the store checks the others."""

    def __init__(self, trailer: str | None) -> None:
        self._crc = 0 if trailer == "x-amz-checksum-crc32" else None
        self._digest = None
        if trailer in {"x-amz-checksum-sha1", "x-amz-checksum-sha256"}:
            self._digest = hashlib.new(trailer.rpartition("-")[2], usedforsecurity=False)

    def add(self, piece: bytes) -> None:
        if self._crc is not None:
            self._crc = zlib.crc32(piece, self._crc)
        elif self._digest is not None:
            self._digest.update(piece)

    def check(self, value: str) -> None:
        if self._crc is not None:
            found = self._crc.to_bytes(4, "big")
        elif self._digest is not None:
            found = self._digest.digest()
        else:
            return
        if base64.b64encode(found).decode() != value:
            raise Refusal("BadDigest", "The checksum you specified did not match the calculated checksum.")


def _with_trailer(decoder: _Decoder, trailer: str) -> Payload:
    """Encoded anew in chunks of one size and without signatures, so that the length is known before the checksum is."""
    full, rest = divmod(decoder.length, PIECE)
    length = full * (len(f"{PIECE:x}") + 4 + PIECE) + (len(f"{rest:x}") + 4 + rest if rest else 0)
    length += len("0\r\n") + len(trailer) + 1 + TRAILERS[trailer] + 4
    return Payload(
        length=length,
        pieces=_withheld(_encoded(decoder)),
        headers={
            "content-length": str(length),
            "content-encoding": "aws-chunked",
            "x-amz-decoded-content-length": str(decoder.length),
            "x-amz-trailer": trailer,
        },
        declared=UNSIGNED_TRAILER,
    )


def _encoded(decoder: _Decoder) -> Iterator[bytes]:
    block = bytearray()
    for piece in decoder.pieces():
        block += piece
        while len(block) >= PIECE:
            yield b"%x\r\n%b\r\n" % (PIECE, bytes(block[:PIECE]))
            del block[:PIECE]
    if block:
        yield b"%x\r\n%b\r\n" % (len(block), bytes(block))
    yield f"0\r\n{decoder.trailer}:{decoder.checksum}\r\n\r\n".encode()


def _is_checksum(trailer: str, value: str) -> bool:
    return len(value) == TRAILERS[trailer] and bool(re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", value, re.ASCII))


def _incomplete() -> Refusal:
    return Refusal("IncompleteBody", "The request body terminated unexpectedly, or is not encoded as its headers say.")
