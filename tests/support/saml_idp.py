"""A SAML identity provider of the tests' own: signs assertions with xmlsec under a self-signed certificate."""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree

from tests.support.world import NOON

SAML, PROTOCOL, DSIG = (
    "urn:oasis:names:tc:SAML:2.0:assertion",
    "urn:oasis:names:tc:SAML:2.0:protocol",
    "http://www.w3.org/2000/09/xmldsig#",
)
ENTITY = "https://idp.example.com"


def moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class SamlIdp:
    key: Any
    entity: str = ENTITY
    begins: datetime = datetime(2025, 1, 1, tzinfo=UTC)
    days: int = 3650
    certificate: bytes = field(init=False)

    def __post_init__(self) -> None:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp")])
        ends = self.begins + timedelta(days=self.days)
        builder = x509.CertificateBuilder(name, name, self.key.public_key(), 1, self.begins, ends)
        self.certificate = builder.sign(self.key, SHA256()).public_bytes(Encoding.DER)

    @property
    def metadata(self) -> str:
        certificate = b64encode(self.certificate).decode()
        return (
            f'<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{self.entity}">'
            '<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
            f'<KeyDescriptor use="signing"><KeyInfo xmlns="{DSIG}"><X509Data><X509Certificate>{certificate}'
            "</X509Certificate></X509Data></KeyInfo></KeyDescriptor></IDPSSODescriptor></EntityDescriptor>"
        )

    def assertion(self, **changes: Any) -> str:
        """Unsigned, in XML."""
        given = {
            "id": "_a",
            "issuer": self.entity,
            "name": "ada",
            "audience": "urn:amazon:webservices",
            "recipient": "https://signin.aws.amazon.com/saml",
            "method": "urn:oasis:names:tc:SAML:2.0:cm:bearer",
            "begins": NOON - 60,
            "ends": NOON + 300,
            "confirmed_until": NOON + 300,
            "session_ends": NOON + 3600,
            **changes,
        }
        return (
            f'<saml:Assertion xmlns:saml="{SAML}" ID="{given["id"]}" Version="2.0" IssueInstant="{moment(NOON)}">'
            f"<saml:Issuer>{given['issuer']}</saml:Issuer><saml:Subject><saml:NameID>{given['name']}</saml:NameID>"
            f'<saml:SubjectConfirmation Method="{given["method"]}"><saml:SubjectConfirmationData '
            f'NotOnOrAfter="{moment(given["confirmed_until"])}" Recipient="{given["recipient"]}"/>'
            "</saml:SubjectConfirmation></saml:Subject>"
            f'<saml:Conditions NotBefore="{moment(given["begins"])}" NotOnOrAfter="{moment(given["ends"])}">'
            f"<saml:AudienceRestriction><saml:Audience>{given['audience']}</saml:Audience></saml:AudienceRestriction>"
            f'</saml:Conditions><saml:AuthnStatement AuthnInstant="{moment(NOON)}" '
            f'SessionNotOnOrAfter="{moment(given["session_ends"])}"/><saml:AttributeStatement>'
            '<saml:Attribute Name="team"><saml:AttributeValue>red</saml:AttributeValue></saml:Attribute>'
            '<saml:Attribute Name="groups"><saml:AttributeValue>a</saml:AttributeValue>'
            "<saml:AttributeValue>b</saml:AttributeValue></saml:Attribute>"
            "</saml:AttributeStatement></saml:Assertion>"
        )

    def response(self, *assertions: str, status: str = "Success", id_: str = "_r") -> str:
        inside = "".join(assertions)
        return (
            f'<samlp:Response xmlns:samlp="{PROTOCOL}" xmlns:saml="{SAML}" ID="{id_}" Version="2.0" '
            f'IssueInstant="{moment(NOON)}"><saml:Issuer>{self.entity}</saml:Issuer><samlp:Status><samlp:StatusCode '
            f'Value="urn:oasis:names:tc:SAML:2.0:status:{status}"/></samlp:Status>{inside}</samlp:Response>'
        )

    def signed(
        self,
        document: str,
        *,
        signature: Any = xmlsec.Transform.RSA_SHA256,
        digest: Any = xmlsec.Transform.SHA256,
        canonical: Any = xmlsec.Transform.EXCL_C14N,
    ) -> str:
        """The document with a signature over its root."""
        root = etree.fromstring(document.encode())
        template = xmlsec.template.create(root, canonical, signature, ns="ds")
        root.insert(1, template)
        reference = xmlsec.template.add_reference(template, digest, uri=f"#{root.get('ID')}")
        xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
        xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(pem, xmlsec.KeyFormat.PEM)
        xmlsec.tree.add_ids(root, ["ID"])
        context.sign(template)
        return etree.tostring(root).decode()


def encoded(document: str) -> str:
    return b64encode(document.encode()).decode()
