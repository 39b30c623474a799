"""SAML assertions as logins: what is believed, and every way around a signature that was ever found."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import xmlsec

from app.adapters.upstream.assertions import SamlAssertions
from app.core.identity_pools.refusals import LoginRefused
from app.core.kernel.errors import InvalidParameter
from app.core.principals.providers import check_metadata
from tests.support.saml_idp import DSIG, PROTOCOL, SamlIdp, encoded, moment
from tests.support.upstream import rsa_keys
from tests.support.world import NOON

KEY, OTHER = (key for _, key in zip(range(2), rsa_keys(), strict=False))
IDP, EVIL = SamlIdp(KEY), SamlIdp(OTHER)
ELSEWHERE = SamlIdp(OTHER, entity="https://elsewhere.example")
METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
READER = SamlAssertions(public_url="http://localhost:8000")


def read(document: str, *, metadata: str = IDP.metadata, now: int = NOON) -> Any:
    return READER.read(encoded(document), metadata, now=now)


def plain(**changes: Any) -> str:
    return IDP.signed(IDP.assertion(**changes))


CLAIMS = {"sub": "ada", "iss": IDP.entity, "team": "red", "groups": ["a", "b"]}


@pytest.mark.parametrize(
    "document",
    [
        plain(),
        IDP.response(plain()),
        IDP.signed(IDP.response(IDP.assertion())),
        plain(audience="http://localhost:8000/identity", recipient="http://localhost:8000/identity"),
        IDP.signed(IDP.assertion(), signature=xmlsec.Transform.RSA_SHA512, digest=xmlsec.Transform.SHA512),
    ],
    ids=["assertion", "in a response", "signed response", "our own names", "longer hashes"],
)
def test_a_signed_assertion_for_us_in_time_is_believed(document):
    assert read(document) == CLAIMS


def test_a_comment_does_not_cut_a_name_short():
    cut = plain(name="ada@example.com.evil.example").replace("ada@example.com.evil", "ada@example.com<!-- -->.evil")
    assert read(cut)["sub"] == "ada@example.com.evil.example"


@pytest.mark.parametrize(
    "changes",
    [
        {"audience": "urn:other"},
        {"recipient": "https://other.example/saml"},
        {"method": "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"},
        {"ends": NOON - 60},
        {"begins": NOON + 61},
        {"confirmed_until": NOON - 60},
        {"session_ends": NOON},
        {"issuer": "https://other.example"},
        {"name": "<saml:b>ada</saml:b>"},
    ],
    ids=str,
)
def test_a_signed_assertion_that_is_not_for_us_now_is_refused(changes):
    with pytest.raises(LoginRefused):
        read(plain(**changes))


def test_without_conditions_there_is_nothing_to_hold_it_to():
    bare = IDP.assertion()
    cut = bare[: bare.index("<saml:Conditions")] + bare[bare.index("<saml:AuthnStatement") :]
    with pytest.raises(LoginRefused):
        read(IDP.signed(cut))


def test_a_failed_sign_in_is_no_login():
    with pytest.raises(LoginRefused):
        read(IDP.response(plain(), status="Requester"))


def signature_of(document: str) -> str:
    return document[document.index("<ds:Signature") : document.index("</ds:Signature>") + len("</ds:Signature>")]


def without_signature(document: str) -> str:
    return document.replace(signature_of(document), "")


FORGED_ASSERTION = IDP.assertion(id="_evil", name="root")


OTHER_THING = f'<samlp:LogoutRequest xmlns:samlp="{PROTOCOL}" ID="_l"><samlp:SessionIndex/></samlp:LogoutRequest>'


def borrowed() -> dict[str, str]:
    """The signature of a response that says no, moved into one that says yes and carries the first along under the same id."""
    refusal = IDP.signed(IDP.response(status="Requester"))
    mark, copy = signature_of(refusal), f"<samlp:Extensions>{without_signature(refusal)}</samlp:Extensions>"
    forged = IDP.response(FORGED_ASSERTION).replace("<samlp:Status>", mark + "<samlp:Status>", 1)
    return {
        "before": forged.replace("<saml:Issuer>", copy + "<saml:Issuer>", 1),
        "after": forged.replace("</samlp:Response>", copy + "</samlp:Response>"),
    }


def wrapped() -> dict[str, str]:
    """Signatures that are good, around or beside what they do not cover."""
    good = plain()
    mark = signature_of(good)
    forged_inside = FORGED_ASSERTION.replace("<saml:Subject>", mark + "<saml:Subject>", 1)
    twin = IDP.assertion(name="root")
    return {
        "unsigned": IDP.assertion(),
        "unsigned in a response": IDP.response(IDP.assertion()),
        "changed": good.replace(">ada<", ">root<"),
        "forged beside, before": IDP.response(FORGED_ASSERTION, good),
        "forged beside, after": IDP.response(good, FORGED_ASSERTION),
        "good one inside the forged": IDP.response(
            FORGED_ASSERTION.replace("</saml:Assertion>", f"{good}</saml:Assertion>")
        ),
        "good one in the signature's object": IDP.response(
            forged_inside.replace(
                "</ds:Signature>", f'<ds:Object xmlns:ds="{DSIG}">{without_signature(good)}</ds:Object></ds:Signature>'
            )
        ),
        "signature moved to the forged": IDP.response(forged_inside),
        "signature of the assertion under the response": IDP.response(without_signature(good)).replace(
            "<samlp:Status>", mark + "<samlp:Status>", 1
        ),
        "two of one id": IDP.response(
            good.replace("</saml:Assertion>", f"</saml:Assertion><saml:Advice>{twin}</saml:Advice>")
        ),
        "two signatures": IDP.signed(IDP.response(good)),
        "something else signed": IDP.response(
            FORGED_ASSERTION, f"<samlp:Extensions>{IDP.signed(OTHER_THING)}</samlp:Extensions>"
        ),
        **{f"an id twice, copy {place}": document for place, document in borrowed().items()},
        "assertion in extensions": IDP.response(f"<samlp:Extensions>{good}</samlp:Extensions>"),
        "another root": f"<x>{good}</x>",
        "empty reference": good.replace('URI="#_a"', 'URI=""'),
        "reference elsewhere": good.replace('URI="#_a"', 'URI="#_b"'),
    }


@pytest.mark.parametrize("document", [pytest.param(found, id=kind) for kind, found in wrapped().items()])
def test_a_wrapped_or_altered_assertion_is_refused(document):
    with pytest.raises(LoginRefused):
        read(document)


def test_a_key_that_the_document_brings_along_is_no_key():
    with pytest.raises(LoginRefused, match="signature invalid"):
        read(EVIL.signed(EVIL.assertion()))
    offered = f'<ds:KeyInfo xmlns:ds="{DSIG}"><ds:X509Data><ds:X509Certificate>{b64encode(EVIL.certificate).decode()}'
    offered += "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>"
    with pytest.raises(LoginRefused, match="signature invalid"):
        read(EVIL.signed(EVIL.assertion()).replace("</ds:Signature>", offered))


@pytest.mark.parametrize(
    "weak",
    [
        {"signature": xmlsec.Transform.RSA_SHA1},
        {"digest": xmlsec.Transform.SHA1},
        {"canonical": xmlsec.Transform.C14N_COMMENTS},
    ],
    ids=["sha1 signature", "sha1 digest", "comments signed"],
)
def test_a_weak_or_strange_signature_is_refused(weak):
    with pytest.raises(LoginRefused):
        read(IDP.signed(IDP.assertion(), **weak))


def test_a_transform_that_leaves_something_out_is_refused():
    strange = plain().replace(
        "http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/TR/1999/REC-xpath-19991116"
    )
    with pytest.raises(LoginRefused):
        read(strange)


@pytest.mark.parametrize(
    "document",
    [
        "",
        "<",
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>',
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
        '<?xml-stylesheet href="x"?>' + plain(),
        "<a>" * 20_000,
    ],
    ids=["nothing", "no XML", "entity", "entities", "instruction", "deep"],
)
def test_what_is_no_assertion_is_refused(document):
    with pytest.raises(LoginRefused):
        read(document)


@pytest.mark.parametrize("document", ["%%%", "ä", "A" * 200_000, "AAA"])
def test_what_is_not_base64_or_too_large_is_refused(document):
    with pytest.raises(LoginRefused):
        READER.read(document, IDP.metadata, now=NOON)


def test_another_providers_metadata_does_not_vouch():
    with pytest.raises(LoginRefused):
        read(plain(), metadata=SamlIdp(KEY, entity="https://other.example").metadata)
    with pytest.raises(LoginRefused):
        read(plain(), metadata=IDP.metadata.replace('use="signing"', 'use="encryption"'))


def test_metadata_of_two_providers_vouch_for_neither():
    """Each could name the other's users."""
    both = f'<EntitiesDescriptor xmlns="{METADATA}">{IDP.metadata}{ELSEWHERE.metadata}</EntitiesDescriptor>'
    for idp in (IDP, ELSEWHERE):
        with pytest.raises(LoginRefused):
            read(idp.signed(idp.assertion()), metadata=both)


@pytest.mark.parametrize(
    "beginning",
    [
        '<?xml version="1.0" encoding="ISO-8859-1"?>',
        '<?xml version="1.0" encoding="x-unknown"?>',
        '<?xml version="1.0" encoding="UTF-16"?>',
        '<?xml-stylesheet href="x"?>',
    ],
)
def test_metadata_that_can_be_saved_can_be_read(beginning):
    metadata = beginning + IDP.metadata
    check_metadata(metadata)
    assert read(plain(), metadata=metadata) == CLAIMS


def test_one_provider_among_services_is_no_doubt():
    service = f'<EntityDescriptor entityID="https://sp.example.com"><SPSSODescriptor protocolSupportEnumeration="{PROTOCOL}"/>'
    metadata = f'<EntitiesDescriptor xmlns="{METADATA}">{service}</EntityDescriptor>{IDP.metadata}</EntitiesDescriptor>'
    check_metadata(metadata)
    assert read(plain(), metadata=metadata) == CLAIMS


# -- until when ----------------------------------------------------------------------------------------------------------

BEGINS = datetime.fromtimestamp(NOON, UTC)
OLD, YOUNG = SamlIdp(KEY, begins=BEGINS - timedelta(days=10), days=10), SamlIdp(KEY, begins=BEGINS, days=10)
"""Two certificates of one key; the old one's last second is the young one's first."""


def renewed(first: SamlIdp, second: SamlIdp) -> str:
    start, end = "<KeyDescriptor", "</KeyDescriptor>"
    keys = [each.metadata[each.metadata.index(start) : each.metadata.index(end) + len(end)] for each in (first, second)]
    return first.metadata.replace(keys[0], "".join(keys))


@pytest.mark.parametrize(("idp", "now"), [(OLD, NOON + 1), (YOUNG, NOON - 1)], ids=["expired", "not yet"])
def test_a_certificate_out_of_its_time_vouches_for_nobody(idp, now):
    with pytest.raises(
        LoginRefused, match=r"certificate of the SAML assertion's signature is expired or not valid yet"
    ):
        read(plain(), metadata=idp.metadata, now=now)
    assert read(plain(), metadata=idp.metadata) == CLAIMS


@pytest.mark.parametrize("now", [NOON - 1, NOON, NOON + 1])
def test_a_renewed_certificate_takes_over_from_the_old_one(now):
    for metadata in (renewed(OLD, YOUNG), renewed(YOUNG, OLD)):
        assert read(plain(), metadata=metadata, now=now) == CLAIMS


def test_who_signed_with_no_key_of_the_metadata_learns_nothing_of_their_dates():
    with pytest.raises(LoginRefused, match="Token signature invalid"):
        read(EVIL.signed(EVIL.assertion()), metadata=OLD.metadata, now=NOON + 1)


def around(metadata: str, until: str) -> str:
    return f'<EntitiesDescriptor xmlns="{METADATA}" validUntil="{until}">{metadata}</EntitiesDescriptor>'


def on(element: str, metadata: str, until: str) -> str:
    return metadata.replace(f"<{element} ", f'<{element} validUntil="{until}" ')


@pytest.mark.parametrize("written", [moment(NOON), moment(NOON).replace("Z", ".000Z"), "2030-03-17T18:46:40+01:00"])
@pytest.mark.parametrize("where", ["EntityDescriptor", "IDPSSODescriptor", "around"])
def test_metadata_count_until_they_say(where, written):
    metadata = around(IDP.metadata, written) if where == "around" else on(where, IDP.metadata, written)
    check_metadata(metadata)
    assert read(plain(), metadata=metadata, now=NOON - 1) == CLAIMS
    with pytest.raises(LoginRefused, match=r"no longer valid \(validUntil\)"):
        read(plain(), metadata=metadata)


@pytest.mark.parametrize("written", ["", "tomorrow", "2030-13-01T00:00:00Z"])
def test_metadata_that_end_at_no_moment_are_not_saved_and_vouch_for_nobody(written):
    for metadata in (around(IDP.metadata, written), on("IDPSSODescriptor", IDP.metadata, written)):
        with pytest.raises(InvalidParameter, match="validUntil"):
            check_metadata(metadata)
        with pytest.raises(LoginRefused):
            read(plain(), metadata=metadata)
