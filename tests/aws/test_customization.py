"""Classic branding through a stock boto3, and on the pages."""

import itertools
from typing import Any

import pytest
import requests

from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused

NOBODYS_POOL = "us-east-1_AAAAAAAAA"
CALLBACK = "https://app.example.com/callback"
CSS = ".banner-customizable { padding: 7px; background-color: #123456; }"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 40
_numbers = itertools.count()


@pytest.fixture
def names(house: AwsHouse) -> dict[str, str]:
    """A pool with a domain and a client."""
    pool = house.pool()
    house.services.pools.add_domain(pool.pool_id, f"classic-{next(_numbers)}")
    client = house.app_client(
        pool,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid"],
        CallbackURLs=[CALLBACK],
    )
    return {"UserPoolId": pool.pool_id, "ClientId": client.client_id}


def put(house: AwsHouse, names: dict[str, str], **members: Any) -> Any:
    return house.idp.set_ui_customization(**names, **members)["UICustomization"]


def read(house: AwsHouse, names: dict[str, str]) -> Any:
    return house.idp.get_ui_customization(**names)["UICustomization"]


def sign_in_page(house: AwsHouse, names: dict[str, str]) -> str:
    query = {"client_id": names["ClientId"], "response_type": "code", "redirect_uri": CALLBACK, "scope": "openid"}
    answer = requests.get(f"{house.url}/login", params=query, timeout=10)
    assert answer.status_code == 200
    assert "style-src 'self'" in answer.headers["Content-Security-Policy"]
    return answer.text


@pytest.mark.operation("SetUICustomization")
@pytest.mark.operation("GetUICustomization")
def test_stylesheet_and_logo_are_kept_and_told(house, names):
    made = put(house, names, CSS=CSS, ImageFile=PNG)
    assert made == read(house, names)
    assert (made["CSS"], made["ClientId"]) == (CSS, names["ClientId"])
    assert made["CSSVersion"] == str(house.clock.now())
    picture = requests.get(made["ImageUrl"], timeout=10)
    assert (picture.content, picture.headers["Content-Type"]) == (PNG, "image/png")
    assert "sandbox" in picture.headers["Content-Security-Policy"]


def test_nothing_set_is_an_empty_answer(house, names):
    assert read(house, names) == {}
    assert read(house, {**names, "ClientId": "ALL"}) == {}


def test_a_clients_own_replaces_that_of_all(house, names):
    everybody = {**names, "ClientId": "ALL"}
    put(house, everybody, CSS=CSS, ImageFile=JPEG)
    assert read(house, names)["ClientId"] == "ALL"
    put(house, names, CSS=".label-customizable { font-weight: 700 }")
    own = read(house, names)
    assert own["ClientId"] == names["ClientId"]
    assert "ImageUrl" not in own
    put(house, names)
    assert read(house, names)["ClientId"] == "ALL"


def test_the_pages_show_it(house, names):
    plain = sign_in_page(house, names)
    assert "brand.css" not in plain
    put(house, {**names, "ClientId": "ALL"}, CSS=CSS, ImageFile=PNG)
    page = sign_in_page(house, names)
    address = page.partition('brand.css"')[0].rpartition('"')[2] + "brand.css"
    sheet = requests.get(house.url + address, timeout=10)
    assert sheet.headers["Content-Type"] == "text/css; charset=utf-8"
    assert ":root:root .brand { padding: 7px; }" in sheet.text
    assert "#123456" in sheet.text
    assert 'class="brand-logo"' in page
    put(house, {**names, "ClientId": "ALL"})
    assert sign_in_page(house, names).count("brand.css") == 0


def test_a_deleted_clients_branding_goes_with_it(house, names):
    made = put(house, names, CSS=CSS, ImageFile=PNG)
    house.idp.delete_user_pool_client(**names)
    assert requests.get(made["ImageUrl"], timeout=10).status_code == 404


def test_a_pictures_address_is_good_for_its_pool_and_content_alone(house, names):
    url = put(house, names, ImageFile=PNG)["ImageUrl"]
    other = house.pool().pool_id
    for wrong in (
        url.replace(names["UserPoolId"], other),
        url.replace(names["ClientId"], "ALL"),
        url.replace(names["ClientId"], "nobody"),
        url.replace("/logo", "0/logo"),
    ):
        assert requests.get(wrong, timeout=10).status_code == 404


@pytest.mark.operation("SetUICustomization", "InvalidParameterException")
@pytest.mark.parametrize(
    ("members", "word"),
    [
        ({"CSS": '@import "https://evil.example/x.css";'}, "@import"),
        ({"CSS": "body { display: none }"}, "customizable"),
        ({"CSS": ".banner-customizable { background: url(https://evil.example/) }"}, "background"),
        ({"CSS": ".nothing-customizable { color: red }"}, "nothing-customizable"),
        ({"CSS": ".banner-customizable { position: fixed }"}, "position"),
        ({"CSS": "x" * 131_073}, "cSS"),
        ({"ImageFile": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"}, "PNG or JPEG"),
        ({"ImageFile": b"GIF89a" + b"\0" * 20}, "PNG or JPEG"),
        ({"ImageFile": b"<html>"}, "PNG or JPEG"),
        ({"ImageFile": PNG + b"\0" * 102_400}, "100 KB"),
        ({"ImageFile": PNG + b"\0" * 131_072}, "imageFile"),
    ],
)
def test_what_could_harm_a_page_is_refused(house, names, members, word):
    with refused("InvalidParameterException", word):
        put(house, names, **members)
    assert read(house, names) == {}


def test_a_pool_without_a_domain_has_no_pages_to_brand(house):
    with refused("InvalidParameterException", "domain"):
        put(house, {"UserPoolId": house.pool().pool_id, "ClientId": "ALL"}, CSS=CSS)


@pytest.mark.operation("SetUICustomization", "ResourceNotFoundException")
@pytest.mark.operation("GetUICustomization", "ResourceNotFoundException")
def test_nobodys_pool_and_client_are_not_found(house, names):
    for wrong in ({**names, "UserPoolId": NOBODYS_POOL}, {**names, "ClientId": "1" * 26}):
        with refused("ResourceNotFoundException"):
            put(house, wrong, CSS=CSS)
        with refused("ResourceNotFoundException"):
            read(house, wrong)


@pytest.mark.operation("GetUICustomization", "InvalidParameterException")
def test_ids_of_the_wrong_shape_are_refused(house, names):
    with refused("InvalidParameterException", "clientId"):
        read(house, {**names, "ClientId": "not a client"})
