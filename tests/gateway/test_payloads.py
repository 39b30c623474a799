"""Bodies that prove themselves on their way: AWS's own example of signed chunks, and everything that may be wrong with one."""

import base64
import hashlib
import hmac
import io
import zlib

import pytest

from app.core.kernel.secret import Secret
from app.gateway.exchange import Incoming
from app.gateway.payloads import SMALL, read_payload
from app.gateway.refusal import Refusal
from app.gateway.signatures import read_claim
from tests.support.gateway_raw import Raw, code_of

KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
CHUNKS = (
    (b"a" * 65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
    (b"a" * 1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
    (b"", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
)
"""S3: Example Calculations of signature for chunked upload."""
HEADERS = {
    "host": "s3.amazonaws.com",
    "x-amz-date": "20130524T000000Z",
    "x-amz-decoded-content-length": "66560",
    "content-length": "66824",
    "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "authorization": (
        f"AWS4-HMAC-SHA256 Credential={KEY_ID}/20130524/us-east-1/s3/aws4_request,"
        f"SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length,Signature={SEED}"
    ),
}


def encoded(chunks):
    return b"".join(b"%x;chunk-signature=%s\r\n%s\r\n" % (len(data), mark.encode(), data) for data, mark in chunks)


def decoded(body, **changes):
    headers = {**HEADERS, "content-length": str(len(body)), **changes}
    incoming = Incoming(
        method="PUT",
        target="/examplebucket/chunkObject.txt",
        headers={name: value for name, value in headers.items() if value},
        read=io.BytesIO(body).read,
        peer="",
        secure=False,
    )
    payload = read_payload(incoming, read_claim(incoming, service="s3"), SECRET)
    return b"".join(payload.pieces), payload


def test_awss_example_of_signed_chunks_is_accepted():
    body, payload = decoded(encoded(CHUNKS))
    assert len(encoded(CHUNKS)) == 66824
    assert body == b"a" * 66560
    assert payload.headers == {"content-length": "66560"}
    assert payload.declared == "UNSIGNED-PAYLOAD"


@pytest.mark.parametrize(
    "chunks",
    [
        ((b"b" * 65536, CHUNKS[0][1]), *CHUNKS[1:]),
        (CHUNKS[1], CHUNKS[0], CHUNKS[2]),
        (CHUNKS[0], (b"a" * 1024, CHUNKS[0][1]), CHUNKS[2]),
        (CHUNKS[0], CHUNKS[1], (b"", "0" * 64)),
        (CHUNKS[0], CHUNKS[1], (b"", "é")),
    ],
)
def test_a_changed_chunk_is_refused(chunks):
    with pytest.raises(Refusal, match="signature of a chunk"):
        decoded(encoded(chunks))


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body[:-40],
        lambda body: body + b"x",
        lambda body: body.replace(b";chunk-signature=", b";other=", 1),
        lambda body: body.replace(b"10000;", b"10001;", 1),
        lambda body: body.replace(b"10000;", b"-1;", 1),
        lambda body: body.replace(b"10000;", b"0x10000;", 1),
        lambda body: encoded(CHUNKS[:2]),
        lambda body: b"x" * 5000,
        lambda body: b"",
    ],
)
def test_a_body_that_is_not_encoded_as_it_says_is_refused(change):
    with pytest.raises(Refusal):
        decoded(change(encoded(CHUNKS)))


@pytest.mark.parametrize("length", ["66559", "66561", "", "x", "-1"])
def test_the_decoded_length_must_be_told_and_true(length):
    with pytest.raises(Refusal):
        decoded(encoded(CHUNKS), **{"x-amz-decoded-content-length": length})


def crc(body):
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


def unsigned(body, trailer, *, piece=7000):
    chunks = [body[at : at + piece] for at in range(0, len(body), piece)]
    return b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in chunks) + b"0\r\n" + trailer.encode() + b"\r\n\r\n"


TRAILER = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-trailer": "x-amz-checksum-crc32"}


def test_a_trailing_checksum_of_a_small_body_becomes_a_header():
    body = b"hello" * 3000
    sent = unsigned(body, f"x-amz-checksum-crc32:{crc(body)}")
    got, payload = decoded(sent, **TRAILER, **{"x-amz-decoded-content-length": str(len(body))})
    assert got == body
    assert payload.headers == {"content-length": str(len(body)), "x-amz-checksum-crc32": crc(body)}


def test_a_trailing_checksum_of_a_large_body_stays_behind_it():
    body = bytes(range(256)) * (SMALL // 256) + b"more"
    sent = unsigned(body, f"x-amz-checksum-crc32:{crc(body)}")
    got, payload = decoded(sent, **TRAILER, **{"x-amz-decoded-content-length": str(len(body))})
    assert len(got) == payload.length == int(payload.headers["content-length"])
    again = decoded(got, **TRAILER, **{"x-amz-decoded-content-length": str(len(body))})[0]
    assert again == got
    assert payload.declared == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


@pytest.mark.parametrize(
    "trailer",
    ["x-amz-checksum-crc32:AAAAAA==", "x-amz-checksum-crc32:", "x-amz-checksum-sha1:AAAAAA==", "", "x-amz-checksum-crc32:AAAA\r\nx-amz-acl:public-read"],
)  # fmt: skip
def test_a_wrong_trailer_is_refused(trailer):
    with pytest.raises(Refusal):
        decoded(unsigned(b"hello", trailer), **TRAILER, **{"x-amz-decoded-content-length": "5"})


@pytest.mark.parametrize("name", ["x-amz-acl", "x-amz-checksum-crc32,x-amz-acl", "content-type"])
def test_nothing_but_a_checksum_follows_a_body(name):
    with pytest.raises(Refusal, match="x-amz-trailer"):
        decoded(
            unsigned(b"hello", f"{name}:x"), **{**TRAILER, "x-amz-trailer": name, "x-amz-decoded-content-length": "5"}
        )


def test_a_large_body_is_never_given_whole_where_it_proves_wrong():
    body = b"x" * (SMALL + 1)
    headers = {"x-amz-content-sha256": "0" * 64, "x-amz-decoded-content-length": ""}
    incoming = Incoming(
        method="PUT",
        target="/b/k",
        headers={
            **{name: value for name, value in {**HEADERS, **headers}.items() if value},
            "content-length": str(len(body)),
        },
        read=io.BytesIO(body).read,
        peer="",
        secure=False,
    )
    taken = []
    pieces = read_payload(incoming, read_claim(incoming, service="s3"), SECRET).pieces
    with pytest.raises(Refusal, match="sha256"):
        taken.extend(pieces)
    assert len(b"".join(taken)) < len(body)


# -- through the gateway -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def admin(house):
    return Raw(url=house.url, key_id=house.key_id, secret=house.secret)


def test_a_body_of_another_hash_is_not_stored(house, admin):
    for size in (3, SMALL + 5):
        digest = hashlib.sha256(b"other").hexdigest()
        answer = admin.send("PUT", "/mybucket/wrong", body=b"x" * size, payload=digest)
        assert code_of(answer) == "XAmzContentSHA256Mismatch"
        assert "Contents" not in house.admin.list_objects_v2(Bucket="mybucket", Prefix="wrong")


@pytest.mark.parametrize("size", [0, 10, 70_000, 2 * SMALL])
@pytest.mark.parametrize("has_trailer", [False, True])
def test_signed_chunks_are_stored_decoded(house, admin, size, has_trailer):
    body = b"y" * size
    payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + "-TRAILER" * has_trailer
    headers = {"x-amz-decoded-content-length": str(size), "Content-Encoding": "aws-chunked"}
    if has_trailer:
        headers["x-amz-trailer"] = "x-amz-checksum-crc32"
    signed = admin.signed("PUT", "/mybucket/chunks", headers, payload=payload)
    sent = _signed_chunks(signed, house.secret, body, has_trailer=has_trailer)
    assert admin.send("PUT", "/mybucket/chunks", signed, sent, sign=False) == (200, "")
    found = house.admin.get_object(Bucket="mybucket", Key="chunks")
    assert found["Body"].read() == body
    assert "aws-chunked" not in found.get("ContentEncoding", "")
    if sent.count(b"y"):
        assert admin.send("PUT", "/mybucket/chunks", signed, sent.replace(b"y", b"z", 1), sign=False)[0] == 403


def _signed_chunks(headers, secret, body, *, has_trailer):
    """As an SDK encodes; written after S3's description, not after our reader."""
    date, scope = headers["X-Amz-Date"], headers["Authorization"].partition("/")[2].partition(",")[0]
    previous = headers["Authorization"].rpartition("=")[2]
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")

    def sign(kind, hashed):
        nonlocal previous
        text = f"AWS4-HMAC-SHA256-{kind}\n{date}\n{scope}\n{previous}\n{hashed}"
        previous = hmac.new(key, text.encode(), "sha256").hexdigest()
        return previous.encode()

    out, empty = [], hashlib.sha256(b"").hexdigest()
    for data in (*(body[at : at + 65536] for at in range(0, len(body), 65536)), b""):
        mark = sign("PAYLOAD", f"{empty}\n{hashlib.sha256(data).hexdigest()}")
        out.append(b"%x;chunk-signature=%s\r\n%s" % (len(data), mark, data + b"\r\n" if data else b""))
    if has_trailer:
        line = f"x-amz-checksum-crc32:{crc(body)}"
        mark = sign("TRAILER", hashlib.sha256(f"{line}\n".encode()).hexdigest())
        out.append(f"{line}\r\nx-amz-trailer-signature:".encode() + mark + b"\r\n")
    return b"".join((*out, b"\r\n"))
