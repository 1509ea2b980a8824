"""Identifiers: taken apart, and equal in all their spellings."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lotline.doors.exchange.epcis.identifiers import (
    IdentifierKind,
    check_digit,
    parse_identifier,
    same_identifier,
)

from .material import needs_material, read_bytes

K = IdentifierKind
CASES = [
    # uri, kind, canonical form, item, code
    ("urn:epc:id:sgtin:4012345.012345.12", K.SERIAL, "01/04012345123456/21/12", "01/04012345123456", "12"),
    ("urn:epc:class:lgtin:4054739.099914.20160711", K.LOT, "01/04054739999148/10/20160711", "01/04054739999148", "20160711"),
    ("urn:epc:idpat:sgtin:4054739.099914.*", K.PRODUCT, "01/04054739999148", "01/04054739999148", ""),
    ("urn:epc:id:sscc:4012345.0000000333", K.CONTAINER, "00/040123450000003338", "", ""),
    ("urn:epc:id:sgln:0614141.00888.0", K.LOCATION, "414/0614141008889", "", ""),
    ("urn:epc:id:sgln:0614141.07346.1234", K.LOCATION, "414/0614141073467/254/1234", "", "1234"),
    ("urn:epc:id:pgln:0614141.00777", K.PARTY, "417/0614141007776", "", ""),
    ("urn:epc:id:grai:4012345.66666.87", K.ASSET, "8003/0401234566666387", "8003/04012345666663", "87"),
    ("urn:epc:idpat:grai:4012345.66666.*", K.PRODUCT, "8003/04012345666663", "8003/04012345666663", ""),
    ("urn:epc:id:giai:4012345.AAbb", K.ASSET, "8004/4012345AAbb", "", ""),
    ("urn:epc:id:gsrn:4012345.9876540000", K.PARTY, "8018/401234598765400000", "", ""),
    ("urn:epc:id:gdti:4012345.55555.98", K.DOCUMENT, "253/401234555555498", "253/4012345555554", "98"),
    ("urn:epc:id:cpi:4012345.ABC.123", K.SERIAL, "8010/4012345ABC/8011/123", "8010/4012345ABC", "123"),
    ("urn:epc:id:ginc:4012345.333", K.SHIPMENT, "401/4012345333", "", ""),
    ("urn:epc:id:gsin:4012345.999987654", K.SHIPMENT, "402/40123459999876541", "", ""),
    ("urn:epc:id:itip:4012345.012345.01.02.999", K.SERIAL, "8006/040123451234560102/21/999", "8006/040123451234560102", "999"),
    ("urn:epc:id:upui:4012345.012345.AB12", K.SERIAL, "01/04012345123456/235/AB12", "01/04012345123456", "AB12"),
    ("https://id.gs1.de/01/04012345999990/21/XYZ-1234", K.SERIAL, "01/04012345999990/21/XYZ-1234", "01/04012345999990", "XYZ-1234"),
    ("https://example.com/some/path/01/4012345999990/10/L%2F1", K.LOT, "01/04012345999990/10/L%2F1", "01/04012345999990", "L/1"),
    ("https://id.gs1.org/01/04012345999990/10/L1/21/S1?17=261231", K.SERIAL, "01/04012345999990/21/S1", "01/04012345999990", "S1"),
    ("https://id.gs1.org/gtin/4012345999990/lot/L1", K.LOT, "01/04012345999990/10/L1", "01/04012345999990", "L1"),
]  # fmt: skip


@pytest.mark.parametrize(("uri", "kind", "canonical", "item", "code"), CASES, ids=[case[0] for case in CASES])
def test_parse_identifier_takes_gs1_keys_apart(uri, kind, canonical, item, code):
    found = parse_identifier(uri)

    links = [f"https://id.gs1.org/{path}" if path else "" for path in (canonical, item)]
    assert (found.kind, found.canonical, found.item, found.code) == (kind, links[0], links[1], code)


@needs_material
def test_parse_identifier_takes_identifiers_outside_gs1_apart():
    expected = json.loads(read_bytes("genealogy/epc_tests.json"))

    found = [parse_identifier(case["epc"]) for case in expected]

    kinds = {"Class": K.LOT, "Instance": K.SERIAL}
    assert [(one.item, one.code, one.kind) for one in found] == [
        (case["gtin"], case["lotOrSerial"], kinds[case["type"]]) for case in expected
    ]


@pytest.mark.parametrize(
    "uri",
    [
        "http://transaction.acme.com/po/12345678",  # no key in the path
        "https://id.gs1.org/01/04012345999991",  # wrong check digit
        "https://id.gs1.org/00/12345",  # too short
        "urn:epc:id:sgtin:4012345.12345.1",  # prefix and reference must have 13 digits
        "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        "urn:epc:id:gid:95100000.12345.400",
    ],
)
def test_parse_identifier_lets_what_is_no_gs1_key_stand_for_itself(uri):
    assert parse_identifier(uri).canonical == uri


def test_parse_identifier_keeps_the_kind_of_an_sscc_with_a_wrong_length():
    found = parse_identifier("urn:epc:id:sscc:08600031303.0003")

    assert (found.kind, found.canonical) == (K.CONTAINER, "urn:epc:id:sscc:08600031303.0003")


def test_parse_identifier_tells_apart_the_same_lot_number_of_two_products():
    one = parse_identifier("urn:epc:class:lgtin:4054739.099914.L1")
    other = parse_identifier("urn:epc:class:lgtin:4054739.099915.L1")

    assert one.code == other.code
    assert not same_identifier(one.uri, other.uri)


DIGITS = st.text("0123456789", min_size=13, max_size=13)
SERIALS = st.text("ABCdef0123456789-_.!*'()/+,:;=<>?\"%&", min_size=1, max_size=20)


@given(body=DIGITS, prefix_length=st.integers(6, 12), serial=SERIALS)
def test_urn_and_digital_link_of_one_serial_are_the_same_identifier(body, prefix_length, serial):
    prefix, reference = body[1 : 1 + prefix_length], body[0] + body[1 + prefix_length :]
    urn = f"urn:epc:id:sgtin:{prefix}.{reference}.{quote(serial, safe='.')}"
    link = f"https://example.org/01/{body}{check_digit(body)}/21/{quote(serial, safe='')}"

    if serial != "*":  # a lone star is the wildcard of a pattern
        assert same_identifier(urn, link)
        assert parse_identifier(urn).code == serial


@given(body=st.text("0123456789", min_size=1, max_size=17), place=st.integers(0, 16), shift=st.integers(1, 9))
def test_check_digit_notices_every_single_wrong_digit(body, place, shift):
    place %= len(body)
    wrong = body[:place] + str((int(body[place]) + shift) % 10) + body[place + 1 :]

    assert check_digit(body) != check_digit(wrong)
