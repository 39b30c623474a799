"""Identity providers of IAM through stock boto3: OpenID Connect issuers and SAML metadata."""

import pytest

from tests.support.aws_refused import refused
from tests.support.iam_documents import ACCOUNT

THUMBPRINT = "9e99a48a9960b14926bb7f3b02e22da2b0ab7280"
METADATA_NAMESPACE = "urn:oasis:names:tc:SAML:2.0:metadata"
METADATA = (
    f'<md:EntityDescriptor xmlns:md="{METADATA_NAMESPACE}" entityID="https://idp.example.com/saml">'
    '<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
    '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/sso"/>'
    f"</md:IDPSSODescriptor><!-- {'x' * 800} --></md:EntityDescriptor>"
)


# -- OpenID Connect providers ------------------------------------------------------------------------------------------


def test_a_provider_is_found_by_its_arn(house):
    arn = house.iam.create_open_id_connect_provider(
        Url="https://idp.example.com/tenant", ClientIDList=["app", "app"], ThumbprintList=[THUMBPRINT], Tags=[]
    )["OpenIDConnectProviderArn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.com/tenant"
    house.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="other")
    house.iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="app")
    house.iam.update_open_id_connect_provider_thumbprint(
        OpenIDConnectProviderArn=arn, ThumbprintList=["-not.hex." + "z" * 31]
    )
    house.iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    told = house.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (told["Url"], told["ClientIDList"], told["ThumbprintList"]) == (
        "idp.example.com/tenant",
        ["other"],
        ["-not.hex." + "z" * 31],
    )
    assert told["Tags"] == [{"Key": "a", "Value": "b"}]
    assert {"Arn": arn} in house.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert house.services.oidc_providers.find(arn).url == "https://idp.example.com/tenant"
    for _ in range(2):
        house.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert house.services.oidc_providers.find(arn) is None
    with refused("NoSuchEntity"):
        house.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)


@pytest.mark.parametrize(
    "url",
    ["http://idp.example.com", "ftp://x", "https://", "https://u:p@idp.example.com", "https://idp.example.com?a=b", "https://idp.example.com#f", "https://idp.example.com/a b", "idp.example.com", "http://localhost.evil.example", "https://idp.example.com:x"],
)  # fmt: skip
def test_a_provider_that_could_be_anybodys_is_refused(house, url):
    with refused("InvalidInput", "URL"):
        house.iam.create_open_id_connect_provider(Url=url)


def test_an_issuer_is_registered_once(house):
    house.iam.create_open_id_connect_provider(Url="https://once.example.com")
    with refused("EntityAlreadyExists"):
        house.iam.create_open_id_connect_provider(Url="https://once.example.com/")


@pytest.mark.parametrize(
    ("lists", "code"),
    [
        ({"ClientIDList": [f"c{number}" for number in range(101)]}, "LimitExceeded"),
        ({"ThumbprintList": [THUMBPRINT] * 6}, "InvalidInput"),
        ({"ThumbprintList": ["a" * 41]}, "ValidationError"),
    ],
    ids=["clients", "thumbprints", "long"],
)
def test_a_providers_lists_have_their_limits(house, lists, code):
    with refused(code):
        house.iam.create_open_id_connect_provider(Url="https://limits.example.com", **lists)


# -- SAML providers ----------------------------------------------------------------------------------------------------


def test_a_saml_provider_keeps_its_metadata(house):
    arn = house.iam.create_saml_provider(Name="corp", SAMLMetadataDocument=METADATA)["SAMLProviderArn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"
    assert house.iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"] == METADATA
    other = METADATA.replace("idp.example.com/saml", "idp.example.com/other")
    house.iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=other)
    assert house.services.saml_providers.find(arn).metadata == other
    assert [found["Arn"] for found in house.iam.list_saml_providers()["SAMLProviderList"]] == [arn]
    with refused("EntityAlreadyExists"):
        house.iam.create_saml_provider(Name="corp", SAMLMetadataDocument=METADATA)
    house.iam.delete_saml_provider(SAMLProviderArn=arn)
    with refused("NoSuchEntity"):
        house.iam.delete_saml_provider(SAMLProviderArn=arn)


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ("x" * 1000, "parse"),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + METADATA, "document type"),
        ("<a>" + METADATA + "</a>", "not SAML"),
        (METADATA.replace("IDPSSODescriptor", "SPSSODescriptor"), "IDPSSODescriptor"),
        (METADATA.replace('entityID="https://idp.example.com/saml"', ""), "entityID"),
        (METADATA[:-5] + " " * 10, "parse"),
        (
            f'<md:EntitiesDescriptor xmlns:md="{METADATA_NAMESPACE}">{METADATA * 2}</md:EntitiesDescriptor>',
            "more than one",
        ),
        (METADATA.replace("<!--", "<a>" * 300 + "</a>" * 300 + "<!--"), "too deeply"),
    ],
    ids=["no xml", "entities", "wrapped", "service", "nameless", "cut", "two providers", "deep"],
)
def test_metadata_that_is_none_is_refused(house, metadata, words):
    with refused("InvalidInput", words):
        house.iam.create_saml_provider(Name="never", SAMLMetadataDocument=metadata)
