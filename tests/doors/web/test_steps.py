"""The steps of a trace: like ones are folded, and codes of a form are read as words."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from lotline.doors.web.steps import CARRIED, fold_steps
from lotline.records.genealogy.choices import FormOperation, operation_label


def step(number: int, **more: Any) -> dict[str, Any]:
    plain = {"operation": "Cooking", "products": frozenset({"SAUCE"}), "tags": [], "abnormal": False, "struck": False, "imported": False}
    return {"id": number, **plain, **more}


def test_folded_step_carries_some_and_counts_all():
    folded = fold_steps([step(number) for number in range(61)])

    assert [(one["id"], one["more_count"], len(one["more"]), one["more_left"]) for one in folded] == [(0, 60, CARRIED, 60 - CARRIED)]


def test_steps_that_made_another_product_are_another_line():
    folded = fold_steps([step(1), step(2, products=frozenset({"POUCH"})), step(3)])

    assert [(one["id"], one["more_count"]) for one in folded] == [(1, 1), (2, 0)]


def test_imported_steps_are_ordinary_and_doubtful_ones_are_not():
    imported = {"tags": [{"text": "imported"}], "imported": True}
    doubtful = {"tags": [{"text": "imported"}, {"text": "one of several possible"}], "imported": True}

    folded = fold_steps([step(1, **imported), step(2, **imported), step(3, **doubtful), step(4, abnormal=True)])

    assert [one["id"] for one in folded] == [1, 3, 4]


@pytest.mark.parametrize("operation", FormOperation.values)
def test_codes_of_the_genealogy_form_are_read_in_the_language_of_the_reader(operation):
    with translation.override("zh-hans"):
        chinese = operation_label(operation)
    with translation.override("en"):
        english = operation_label(operation)

    assert not chinese.isascii()
    assert english == operation.capitalize()


def test_word_of_the_plant_is_left_as_it_is():
    with translation.override("zh-hans"):
        assert operation_label("Cooking") == "Cooking"
