"""The query protocol's documents: forms in, XML out, and what is refused on the way."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from app.aws import forms
from app.aws.errors import AwsError, SerializationFailed
from app.aws.models import ServiceModel, load_model


def shape(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, **more}


MODEL = ServiceModel(
    service="made-up",
    target_prefix="",
    signing_name="made-up",
    xml_namespace="https://made-up.example/doc/",
    operations={},
    shapes={
        "Text": shape("string"),
        "Flag": shape("boolean"),
        "Count": shape("integer"),
        "Ratio": shape("double"),
        "Bytes": shape("blob"),
        "Time": shape("timestamp"),
        "Texts": shape("list", member={"shape": "Text"}),
        "Things": shape("list", member={"shape": "Thing"}),
        "Map": shape("map", key={"shape": "Text"}, value={"shape": "Count"}),
        "Thing": shape(
            "structure",
            members={
                name: {"shape": name} for name in ("Text", "Flag", "Count", "Ratio", "Bytes", "Time", "Texts", "Things", "Map")
            },
        ),
    },
)  # fmt: skip


def read(form: str) -> Any:
    return forms.read(MODEL, "Thing", forms.read_form(form.encode()))


def write(**value: Any) -> ET.Element:
    text = forms.write(MODEL, "Do", "Thing", value, "the-id")
    return ET.fromstring(text)  # noqa: S314 - our own


# -- in ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("Text=a%20b%2Bc+d", {"Text": "a b+c d"}),
        ("Text=", {"Text": ""}),
        ("Text=%C3%A9%F0%9F%98%80", {"Text": "é😀"}),
        ("Flag=true&Count=-7&Ratio=1.5", {"Flag": True, "Count": -7, "Ratio": 1.5}),
        ("Bytes=AQID", {"Bytes": b"\1\2\3"}),
        ("Time=2026-01-02T03:04:05Z", {"Time": 1767323045.0}),
        ("Time=2026-01-02T03:04:05.5%2B01:00", {"Time": 1767319445.5}),
        ("Time=1767323045", {"Time": 1767323045.0}),
        ("Texts.member.1=a&Texts.member.2=b", {"Texts": ["a", "b"]}),
        ("Texts.member.10=z&Texts.member.9=y&Texts.member.2=b", {"Texts": ["b", "y", "z"]}),
        ("Texts=", {"Texts": []}),
        ("Things.member.1.Things.member.1.Text=deep", {"Things": [{"Things": [{"Text": "deep"}]}]}),
        ("Map.entry.1.key=a&Map.entry.1.value=1&Map.entry.2.key=b&Map.entry.2.value=2", {"Map": {"a": 1, "b": 2}}),
        ("Surprise=1&Surprise2.member.1.x=2", {}),
        ("", {}),
        ("&&", {}),
        (".=1", {}),
        ("A." * 300 + "b=1", {}),
        ("Things." + "member.1.Things." * 20 + "x=1", {}),
    ],
)
def test_a_form_is_read_as_the_model_says(form, expected):
    assert read(form) == expected


@pytest.mark.parametrize(
    "form",
    [
        "Text=a&Text=b",
        "Text=a&Text=a",
        "Text.x=a",
        "Text=a&Text.x=b",
        "Text.x=b&Text=a",
        "Text=%00",
        "Text=%ff",
        "Text=%ed%a0%80",
        "Flag=True",
        "Flag=1",
        "Flag=",
        "Count=",
        "Count=1.0",
        "Count=0x10",
        "Count=1e3",
        "Count=%D9%A1",
        "Count=" + "9" * 19,
        "Count.member.1=1",
        "Ratio=NaN",
        "Ratio=Infinity",
        "Ratio=1e999",
        "Bytes=%%%",
        "Bytes=AQI",
        "Time=yesterday",
        "Time=2026-01-02T03:04:05",
        "Time=2026-13-02T03:04:05Z",
        "Texts=a",
        "Texts.member=a",
        "Texts.1=a",
        "Texts.member.0=a",
        "Texts.member.01=a",
        "Texts.member.-1=a",
        "Texts.member.%C2%B2=a",
        "Texts.member.9999999=a",
        "Texts.member.x=a",
        "Texts.member.1.x=a",
        "Texts.member.1=a&Texts.other.2=b",
        "Things.member.1=a",
        "Map=a",
        "Map.entry.1=a",
        "Map.entry.1.key.x=a",
        "Map.entry.1.key=a&Map.entry.1.value=b",
    ],
)
def test_a_form_that_says_something_else_is_refused(form):
    with pytest.raises(SerializationFailed):
        read(form)


def test_a_form_that_is_not_ascii_is_refused():
    with pytest.raises(SerializationFailed):
        forms.read_form(b"Text=\xc3\xa9")


def test_a_form_of_ten_thousand_parameters_is_too_large():
    with pytest.raises(AwsError) as refused:
        forms.read_form(b"&".join(b"a%d=b" % number for number in range(10_000)))
    assert refused.value.status == 413


def test_what_is_read_is_held_to_the_models_depth_not_the_callers():
    parameters = {f"Things.member.{number}" + ".Things.member.1" * 3 + ".Text": "x" for number in range(1, 200)}
    assert len(forms.read(MODEL, "Thing", parameters)["Things"]) == 199


# -- out ---------------------------------------------------------------------------------------------------------------

SPACE = "{https://made-up.example/doc/}"


def test_an_answer_is_written_as_the_model_says():
    answer = write(
        Text='a<b>&"c" é😀', Flag=False, Count=3, Bytes=b"\1\2", Time=1767323045, Texts=["x", ""], Map={"k": 1}, Ratio=None
    )  # fmt: skip
    assert answer.tag == f"{SPACE}DoResponse"
    found = answer.find(f"{SPACE}DoResult")
    assert found is not None
    told = {child.tag.removeprefix(SPACE): child.text for child in found if len(child) == 0}
    assert told == {
        "Text": 'a<b>&"c" é😀',
        "Flag": "false",
        "Count": "3",
        "Bytes": "AQI=",
        "Time": "2026-01-02T03:04:05Z",
    }
    assert [child.text for child in found.findall(f"{SPACE}Texts/{SPACE}member")] == ["x", None]
    entry = found.find(f"{SPACE}Map/{SPACE}entry")
    assert entry is not None
    assert [child.text for child in entry] == ["k", "1"]
    assert answer.findtext(f"{SPACE}ResponseMetadata/{SPACE}RequestId") == "the-id"


def test_line_ends_and_what_no_xml_may_hold_survive_or_are_replaced():
    answer = write(Text="a\r\nb\tc\0\x1b\ud800\uffff")
    assert answer.findtext(f"{SPACE}DoResult/{SPACE}Text") == "a\r\nb\tc\ufffd\ufffd\ufffd\ufffd"


def test_an_operation_without_output_has_no_result():
    assert forms.write(MODEL, "Do", None, {}, "the-id") == (
        '<DoResponse xmlns="https://made-up.example/doc/"><ResponseMetadata><RequestId>the-id</RequestId>'
        "</ResponseMetadata></DoResponse>"
    )


def test_an_answer_that_the_model_lacks_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        write(Surprise=1)


def test_a_refusal_says_whose_fault_it_is():
    text = forms.write_error(MODEL.xml_namespace, "Code", "a & b\x01", is_ours=False, request_id="the-id")
    assert "<Error><Type>Sender</Type><Code>Code</Code><Message>a &amp; b&#65533;</Message></Error>" in text
    assert "<Type>Receiver</Type>" in forms.write_error("", "Code", "", is_ours=True, request_id="")


def test_no_shape_of_these_services_is_written_in_a_way_this_file_does_not_know():
    """Flattened lists, other names on the wire and attributes would need more than is here."""
    from botocore.loaders import Loader

    for service in ("sts", "iam"):
        shapes = Loader().load_service_model(service, "service-2")["shapes"]
        for name, found in shapes.items():
            assert not found.get("flattened"), name
            named = [*found.get("members", {}).values(), *(found.get(part, {}) for part in ("member", "key", "value"))]
            assert not any("locationName" in member or member.get("xmlAttribute") for member in named), name
        assert load_model(service).xml_namespace.startswith("https://")
