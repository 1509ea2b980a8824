"""Units have codes for machines and names for people, by language."""

from __future__ import annotations

import importlib

import pytest
from django.apps import apps
from django.utils import translation

from lotline.records.catalog.actions import STANDARD_UNITS, ensure_units, rename_unit
from lotline.records.catalog.models import Unit
from lotline.records.catalog.queries import unit_labels

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("code", "english", "chinese"),
    [("pcs", "pcs", "件"), ("bag", "bag", "袋"), ("box", "box", "盒"), ("case", "case", "箱"), ("roll", "roll", "卷"), ("kg", "kg", "kg"),
     ("L", "L", "L"), ("m2", "m²", "m²")],
)  # fmt: skip
def test_standard_units_have_names_in_both_languages_and_keep_their_codes(code, english, chinese):
    unit = ensure_units([code])[code]

    assert (unit.code, unit.label_in("en"), unit.label_in("zh-hans")) == (code, english, chinese)


def test_label_is_that_of_the_reader(db):
    ensure_units(["pcs", "kg"])

    with translation.override("zh-hans"):
        assert unit_labels() == {"pcs": "件", "kg": "kg"}
    with translation.override("en"):
        assert unit_labels() == {"pcs": "pcs", "kg": "kg"}


def test_unit_of_the_house_is_called_by_its_name_where_the_language_has_none_then_by_its_code(db):
    unit = ensure_units(["tub"])["tub"]
    assert unit.label_in("en") == "tub"

    rename_unit(unit=unit, name="Tub")
    rename_unit(unit=unit, names={"zh-Hans": "桶"})
    unit.refresh_from_db()

    assert (unit.label_in("en"), unit.label_in("zh-hans")) == ("Tub", "桶")
    rename_unit(unit=unit, names={"zh-hans": ""})
    assert unit.label_in("zh-hans") == "Tub"


def test_units_that_existed_before_names_did_get_those_of_the_standard_unless_they_were_named(db):
    for code, _decimals in STANDARD_UNITS:
        Unit.objects.create(code=code)
    Unit.objects.filter(code="bag").update(name="Sack")

    importlib.import_module("lotline.records.catalog.migrations.0002_unit_names").name_standard_units(apps, None)

    labels = {unit.code: unit.label_in("zh-hans") for unit in Unit.objects.all()}
    assert (labels["pcs"], labels["kg"], labels["bag"]) == ("件", "kg", "Sack")
