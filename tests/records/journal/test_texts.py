"""Facts are found by what people wrote in them."""

from __future__ import annotations

import pytest

from lotline.records.journal import texts
from lotline.records.journal.texts import find_sentences, is_wordy
from lotline.records.places.models import Plant
from tests.laws.factory import draft, make_plant, received, write


@pytest.fixture
def plant(db: None) -> Plant:
    return make_plant()


def test_the_latest_facts_with_a_text_are_found_whatever_its_capitals(plant: Plant):
    lot = received(plant, "1", 5)
    write(
        plant,
        draft("note", reason="Seal was loose", subjects=(lot,)),
        draft("note", reason="all well"),
        draft("hold", reason="loose seal", subjects=(lot,)),
    )

    found = find_sentences(plant=plant, text="LOOSE")

    assert [(one.kind, one.text, one.lots) for one in found] == [("hold", "loose seal", ("1",)), ("note", "Seal was loose", ("1",))]


def test_another_plants_texts_are_not_found(plant: Plant):
    write(plant, draft("note", reason="loose"))

    assert find_sentences(plant=make_plant("P2"), text="loose") == []


def test_a_long_text_is_shown_around_what_was_found(plant: Plant, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(texts, "AROUND", 5)
    write(plant, draft("note", reason="x" * 30 + " loose " + "y" * 30))

    assert [one.text for one in find_sentences(plant=plant, text="loose")] == ["…xxxx loose yyyy…"]


@pytest.mark.parametrize(("text", "wordy"), [("loose", True), ("松了", True), ("B-1", False), ("x", False), ("--", False)])
def test_words_are_told_from_codes(text: str, wordy: bool):
    assert is_wordy(text) is wordy
