"""The bodies of S3 that say what is done to what, and the answers that must not go back as they came."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from app.core.policy import Asked
from app.gateway.exchange import check_key, decode
from app.gateway.refusal import Refusal, exactly, text
from app.gateway.s3_requests import S3Request, arn, tag_conditions

LARGEST_XML = 2 * 1024 * 1024
_MOST_KEYS = 1000
_NAMESPACES = frozenset({None, "http://s3.amazonaws.com/doc/2006-03-01/"})
_MARK_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """One entry of DeleteObjects; ``element`` is its XML as it goes on."""

    key: str
    version: str | None
    element: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """Upload ids as clients see them: the store's own with a keyed mark over bucket, key and owner. ``secret`` keys the mark.

    So nobody continues another's upload, nor their own under another key, on a store that looks only at the id.
    """

    secret: bytes

    def wrap(self, upload_id: str, bucket: str, key: str, owner: str) -> str:
        raw = upload_id.encode()
        return base64.urlsafe_b64encode(self._mark(raw, bucket, key, owner) + raw).decode().rstrip("=")

    def unwrap(self, given: str, bucket: str, key: str, owner: str) -> str:
        """The store's id. Raises ``Refusal`` for every id that was not made for this bucket, key and owner."""
        try:
            opened = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
            mark, raw = opened[:_MARK_BYTES], opened[_MARK_BYTES:]
            if hmac.compare_digest(mark, self._mark(raw, bucket, key, owner)):
                return raw.decode()
        except ValueError:
            pass
        raise Refusal(
            "NoSuchUpload",
            "The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been "
            "aborted or completed; it is good for its own key and caller only.",
        )

    def _mark(self, raw: bytes, bucket: str, key: str, owner: str) -> bytes:
        named = f"{bucket}\0{key}\0{owner}".encode()
        return hmac.digest(self.secret, named + b"\0" + raw, "sha256")[:_MARK_BYTES]


def read_deletions(body: bytes) -> tuple[list[Deletion], bool]:
    """The entries of DeleteObjects, and whether it is to be quiet. Raises ``Refusal`` for anything else than exactly that."""
    root = _parse_request(body, "Delete")
    found, quiet = [], False
    for child in root:
        if _name(child) == "Quiet":
            quiet = (child.text or "").strip().lower() == "true"
            continue
        fields = {_name(each): each.text or "" for each in child}
        if _name(child) != "Object" or len(fields) != len(child) or not fields.get("Key"):
            raise _malformed()
        if not fields.keys() <= {"Key", "VersionId", "ETag", "LastModifiedTime", "Size"}:
            raise _malformed()
        inner = "".join(f"<{name}>{exactly(value)}</{name}>" for name, value in fields.items())
        found.append(
            Deletion(
                key=fields["Key"],
                version=fields.get("VersionId") or None,
                element=f"<Object>{inner}</Object>".encode(),
            )
        )
    if not 1 <= len(found) <= _MOST_KEYS:
        raise _malformed()
    return found, quiet


def deletion_questions(request: S3Request, entry: Deletion) -> list[Asked]:
    check_key(entry.key)
    resource = arn(request.bucket, entry.key)
    version = {"s3:versionid": (entry.version,)} if entry.version else {}
    found = [request.asked("DeleteObjectVersion" if entry.version else "DeleteObject", resource, version)]
    if request.headers.get("x-amz-bypass-governance-retention", "false").lower() != "false":
        found.append(request.asked("BypassGovernanceRetention", resource, version))
    return found


def deletion_body(entries: list[Deletion], *, quiet: bool) -> bytes:
    """What remains of a DeleteObjects once the refused keys are taken out."""
    return b"".join(
        (
            b'<?xml version="1.0" encoding="UTF-8"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
            *(entry.element for entry in entries),
            b"<Quiet>true</Quiet>" if quiet else b"",
            b"</Delete>",
        )
    )


def body_headers(body: bytes) -> dict[str, str]:
    """Length and digests of a body that we wrote, where the client's were of another."""
    return {
        "content-length": str(len(body)),
        "content-md5": base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode(),
    }


def with_errors(answer: bytes | None, refused: list[tuple[Deletion, Refusal]]) -> bytes:
    """The store's DeleteResult with an Error for each key that was refused here (S3: DeleteObjects)."""
    errors = "".join(
        f"<Error><Key>{exactly(entry.key)}</Key>"
        + (f"<VersionId>{exactly(entry.version)}</VersionId>" if entry.version else "")
        + f"<Code>{refusal.code}</Code><Message>{text(refusal.message)}</Message></Error>"
        for entry, refusal in refused
    ).encode()
    head = b'<?xml version="1.0" encoding="UTF-8"?>'
    if answer is None:
        return head + b'<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' + errors + b"</DeleteResult>"
    root = _parse(answer)
    for error in etree.fromstring(b"<all>" + errors + b"</all>", _parser()):
        root.append(error)
    return head + bytes(etree.tostring(root))


def rewrite_upload_ids(answer: bytes, wrap: Callable[[str, str], str], key: str | None) -> bytes:
    """Every upload id in an answer, wrapped for the key that it belongs to. ``key`` is None where the answer lists several."""
    root = _parse(answer)
    encoded = any(_name(each) == "EncodingType" and each.text == "url" for each in root)

    def plain(name: str) -> str:
        return decode(name.replace("+", "%20")) if encoded else name

    parts: Mapping[str, Any] = {_name(each): each for each in root}
    if key is not None:
        _wrap(parts.get("UploadId"), lambda found: wrap(found, key))
        return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
    for element in root:
        if _name(element) == "Upload":
            inner = {_name(each): each for each in element}
            owner_key = plain(inner["Key"].text or "")
            _wrap(inner.get("UploadId"), lambda found, name=owner_key: wrap(found, name))  # type: ignore[misc]  # bound at once
    for marker, of in (("UploadIdMarker", "KeyMarker"), ("NextUploadIdMarker", "NextKeyMarker")):
        if of in parts:
            name = plain(parts[of].text or "")
            _wrap(parts.get(marker), lambda found, name=name: wrap(found, name))  # type: ignore[misc]  # as above
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def read_tags(body: bytes) -> dict[str, tuple[str, ...]]:
    """The condition keys of PutObjectTagging's body, which goes on as it came: nothing may stand in it but the one set of tags."""
    root = _parse_request(body, "Tagging")
    if [_name(each) for each in root] != ["TagSet"]:
        raise _malformed()
    pairs = []
    for tag in root[0]:
        fields = {_name(each): each.text or "" for each in tag}
        if _name(tag) != "Tag" or fields.keys() != {"Key", "Value"} or len(tag) != 2 or any(len(each) for each in tag):
            raise _malformed()
        pairs.append((fields["Key"], fields["Value"]))
    if len(dict(pairs)) != len(pairs):
        raise _malformed()
    return tag_conditions(pairs)


def read_location(body: bytes) -> dict[str, tuple[str, ...]]:
    """The condition key of CreateBucket's body."""
    if not body:
        return {}
    root = _parse_request(body, "CreateBucketConfiguration")
    found = [each for each in root.iter() if _name(each) == "LocationConstraint"]
    if len(found) > 1 or any(each.getparent() is not root or len(each) for each in found):
        raise _malformed()
    return {"s3:locationconstraint": (found[0].text or "",)} if found else {}


def _wrap(element: Any, wrap: Callable[[str], str]) -> None:
    if element is not None and element.text:
        element.text = wrap(element.text)


def _parse(body: bytes) -> Any:
    """Plain XML: no document type, so no entities, and nothing that two parsers read differently."""
    try:
        root = etree.fromstring(body, _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _malformed() from error
    if root.getroottree().docinfo.doctype or any(not isinstance(each.tag, str) for each in root.iter()):
        raise _malformed()
    return root


def _parse_request(body: bytes, name: str) -> Any:
    """A request's document of this name. An element of another namespace is to one reader what it is not to the next."""
    root = _parse(body)
    if _name(root) != name or any(etree.QName(each).namespace not in _NAMESPACES for each in root.iter()):
        raise _malformed()
    return root


def _parser() -> Any:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def _name(element: Any) -> str:
    return str(etree.QName(element).localname)


def _malformed() -> Refusal:
    return Refusal(
        "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema."
    )
