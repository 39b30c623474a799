"""SAML assertions: who signed what, and what may be believed of it (SAML 2.0 Core §2, Profiles §4.1.4, Security Considerations)."""

import binascii
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import xmlsec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, load_der_x509_certificate
from lxml import etree

from app.core.identity_pools.refusals import LoginRefused

_LARGEST = 100_000
_SKEW = 60
_SAML, _PROTOCOL = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
_METADATA, _DSIG = "urn:oasis:names:tc:SAML:2.0:metadata", "http://www.w3.org/2000/09/xmldsig#"
_NS = {"saml": _SAML, "samlp": _PROTOCOL, "md": _METADATA, "ds": _DSIG}
_SUCCESS, _BEARER = "urn:oasis:names:tc:SAML:2.0:status:Success", "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_EXCLUSIVE, _ENVELOPED = "http://www.w3.org/2001/10/xml-exc-c14n#", f"{_DSIG}enveloped-signature"
_SIGNING = frozenset(
    f"http://www.w3.org/2001/04/xmldsig-more#{kind}-sha{size}" for kind in ("rsa", "ecdsa") for size in (256, 384, 512)
)
_DIGESTS = frozenset(
    {
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    }
)
_SHORTEST_KEY = 2048
AUDIENCE, RECIPIENT = "urn:amazon:webservices", "https://signin.aws.amazon.com/saml"
"""What AWS's own documentation has administrators enter at the provider; beside them stand this server's own."""

_NOT_VALID = "Invalid login token. Not a valid SAML assertion."
_EXPIRED = "Invalid login token. The SAML assertion is expired or not valid yet."
_OLD_METADATA = "Invalid login token. The metadata of the SAML provider are no longer valid (validUntil)."
_OLD_CERTIFICATE = "Invalid login token. The certificate of the SAML assertion's signature is expired or not valid yet."

_Element = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlAssertions:
    """The ``Assertions``. One signature, over the one assertion or the response that holds it, and nothing is read from outside of it."""

    public_url: str

    def read(self, document: str, metadata: str, *, now: int) -> Mapping[str, Any]:
        root = _parse(document)
        assertion = _only(root, f".//{{{_SAML}}}Assertion") if root.tag != f"{{{_SAML}}}Assertion" else root
        if assertion is not root and (root.tag != f"{{{_PROTOCOL}}}Response" or assertion.getparent() is not root):
            raise LoginRefused(_NOT_VALID)
        issuer = _text(_only(assertion, "saml:Issuer"))
        _check_signature(root, assertion, _certificates(metadata, issuer, now), now)
        if root is not assertion:
            _check_response(root, issuer)
        self._check_conditions(assertion, now)
        subject = _only(assertion, "saml:Subject")
        self._check_confirmation(subject, now)
        return {**_attributes(assertion), "iss": issuer, "sub": _text(_only(subject, "saml:NameID"))}

    def _check_conditions(self, assertion: _Element, now: int) -> None:
        conditions = _only(assertion, "saml:Conditions")
        _check_time(conditions, now)
        restrictions = conditions.findall("saml:AudienceRestriction", _NS)
        accepted = {AUDIENCE, f"{self.public_url}/identity"}
        # Every restriction must be met, by one of its audiences.
        met = [any(_text(each) in accepted for each in found.findall("saml:Audience", _NS)) for found in restrictions]
        if not met or not all(met):
            raise LoginRefused("Invalid login token. Incorrect token audience.")
        for statement in assertion.findall("saml:AuthnStatement", _NS):
            ends = _time(statement.get("SessionNotOnOrAfter"))
            if ends is not None and now >= ends:
                raise LoginRefused(_EXPIRED)

    def _check_confirmation(self, subject: _Element, now: int) -> None:
        """One bearer confirmation that was made for this recipient and is still in time (Profiles §4.1.4.2)."""
        accepted = {RECIPIENT, f"{self.public_url}/identity"}
        for confirmation in subject.findall("saml:SubjectConfirmation", _NS):
            data = confirmation.find("saml:SubjectConfirmationData", _NS)
            if confirmation.get("Method") != _BEARER or data is None or data.get("NotBefore") is not None:
                continue
            ends = _time(data.get("NotOnOrAfter"))
            if data.get("Recipient") in accepted and ends is not None:
                if now >= ends + _SKEW:
                    raise LoginRefused(_EXPIRED)
                return
        raise LoginRefused("Invalid login token. The SAML assertion is not for this recipient.")


def _parse(document: str) -> _Element:
    """The root element, without comments, which could split a text, and without anything that could come from elsewhere."""
    if len(document) > _LARGEST:
        raise LoginRefused(_NOT_VALID)
    try:
        root = _parse_xml(b64decode("".join(document.split()), validate=True))
    except (ValueError, binascii.Error) as error:
        raise LoginRefused(_NOT_VALID) from error
    if root.getroottree().xpath("//processing-instruction()"):
        raise LoginRefused(_NOT_VALID)
    return root


def _parse_xml(raw: bytes, *, encoding: str | None = None) -> _Element:
    """``encoding`` counts more than what the document says of itself."""
    parser = etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        raise LoginRefused(_NOT_VALID) from error
    docinfo = root.getroottree().docinfo
    if docinfo.internalDTD is not None or docinfo.doctype:
        raise LoginRefused(_NOT_VALID)
    return root


def _check_signature(root: _Element, assertion: _Element, certificates: list[Certificate], now: int) -> None:
    """Raises ``LoginRefused`` unless the document's one signature covers the assertion as it stands here, by a certificate in time.

    That there is one only, that it names by a unique id the element it stands in, and that this is the assertion or the response
    around it, leaves no room for a second, unsigned assertion (signature wrapping).
    """
    signature = _only(root, f".//{{{_DSIG}}}Signature")
    signed = signature.getparent()
    identifiers = [value for element in root.iter() for name, value in element.attrib.items() if name.lower() == "id"]
    reference = _only(signature, "ds:SignedInfo/ds:Reference")
    named = signed is not None and signed.get("ID")
    if (
        (signed is not assertion and signed is not root)
        or not named
        or reference.get("URI") != f"#{named}"
        or len(set(identifiers)) < len(identifiers)
        or not _is_plain(signature, reference)
    ):
        raise LoginRefused(_NOT_VALID)
    xmlsec.tree.add_ids(root, ["ID"])
    fitting = [certificate for certificate in certificates if _fits(signature, certificate)]
    if not fitting:
        raise LoginRefused("Invalid login token. Token signature invalid.")
    # One key may have several certificates: providers renew theirs before the old one ends.
    if not any(_is_in_time(certificate, now) for certificate in fitting):
        raise LoginRefused(_OLD_CERTIFICATE)


def _is_plain(signature: _Element, reference: _Element) -> bool:
    """Strong algorithms, and no transform that could leave something out but the signature itself."""
    info = _only(signature, "ds:SignedInfo")
    transforms = [each.get("Algorithm") for each in reference.iterfind("ds:Transforms/ds:Transform", _NS)]
    return (
        _only(info, "ds:CanonicalizationMethod").get("Algorithm") == _EXCLUSIVE
        and _only(info, "ds:SignatureMethod").get("Algorithm") in _SIGNING
        and _only(reference, "ds:DigestMethod").get("Algorithm") in _DIGESTS
        and transforms in ([_ENVELOPED, _EXCLUSIVE], [_ENVELOPED])
        and signature.find("ds:Object", _NS) is None
    )


def _is_in_time(certificate: Certificate, now: int) -> bool:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return begins.timestamp() <= now <= ends.timestamp()


def _fits(signature: _Element, certificate: Certificate) -> bool:
    context = xmlsec.SignatureContext()
    # A key that is set is the only one: what the document itself offers as a key is never looked at.
    der = certificate.public_bytes(Encoding.DER)
    context.key = xmlsec.Key.from_memory(der, xmlsec.constants.KeyDataFormatCertDer)
    try:
        context.verify(signature)
    except xmlsec.Error:
        return False
    return True


def _certificates(metadata: str, issuer: str, now: int) -> list[Certificate]:
    """What the one provider of the stored metadata signs with, if it is the one of this name and they still count (Metadata §2.3)."""
    root = _parse_xml(metadata.encode(), encoding="utf-8")
    entities = [root] if root.tag == f"{{{_METADATA}}}EntityDescriptor" else root.findall(".//md:EntityDescriptor", _NS)
    providers = [entity for entity in entities if entity.find("md:IDPSSODescriptor", _NS) is not None]
    # Of two providers each could name the other's users.
    if len(providers) != 1 or providers[0].get("entityID") != issuer:
        raise LoginRefused("Invalid login token. Issuer doesn't match providerName")
    around = (providers[0], *providers[0].iterancestors())
    roles = [each for each in providers[0].iterfind("md:IDPSSODescriptor", _NS) if _still_counts(each, now)]
    if not roles or not all(_still_counts(each, now) for each in around):
        raise LoginRefused(_OLD_METADATA)
    found = [
        _certificate(_text(written))
        for role in roles
        for key in role.iterfind("md:KeyDescriptor", _NS)
        if key.get("use", "signing") == "signing"
        for written in key.iterfind(".//ds:X509Certificate", _NS)
    ]
    return [certificate for certificate in found if certificate is not None]


def _still_counts(element: _Element, now: int) -> bool:
    """``cacheDuration`` is for whoever fetches metadata; these were brought by an administrator."""
    ends = _time(element.get("validUntil"))
    return ends is None or now < ends


def _certificate(text: str) -> Certificate | None:
    """Where its key is one that may be relied on."""
    try:
        found = load_der_x509_certificate(b64decode("".join(text.split()), validate=True))
        key = found.public_key()
    except (ValueError, binascii.Error):
        return None
    strong = isinstance(key, RSAPublicKey) and key.key_size >= _SHORTEST_KEY
    return found if strong or isinstance(key, EllipticCurvePublicKey) else None


def _check_response(response: _Element, issuer: str) -> None:
    status = response.find("samlp:Status/samlp:StatusCode", _NS)
    named = response.find("saml:Issuer", _NS)
    if status is None or status.get("Value") != _SUCCESS or (named is not None and _text(named) != issuer):
        raise LoginRefused(_NOT_VALID)


def _check_time(conditions: _Element, now: int) -> None:
    begins, ends = _time(conditions.get("NotBefore")), _time(conditions.get("NotOnOrAfter"))
    if ends is None or now >= ends + _SKEW or (begins is not None and now < begins - _SKEW):
        raise LoginRefused(_EXPIRED)


def _time(written: str | None) -> int | None:
    if written is None:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError as error:
        raise LoginRefused(_NOT_VALID) from error
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


def _attributes(assertion: _Element) -> dict[str, Any]:
    """A value, or a list of several, by the attribute's name."""
    found: dict[str, list[str]] = {}
    for attribute in assertion.iterfind("saml:AttributeStatement/saml:Attribute", _NS):
        values = [_text(value) for value in attribute.findall("saml:AttributeValue", _NS)]
        found.setdefault(attribute.get("Name", ""), []).extend(values)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _only(element: _Element, path: str) -> _Element:
    """The one element there is. Raises ``LoginRefused`` for none and for several."""
    found: Iterator[_Element] = element.iterfind(path, _NS)
    first, second = next(found, None), next(found, None)
    if first is None or second is not None:
        raise LoginRefused(_NOT_VALID)
    return first


def _text(element: _Element) -> str:
    """All text of an element that has nothing but text."""
    if len(element):
        raise LoginRefused(_NOT_VALID)
    return (element.text or "").strip()
