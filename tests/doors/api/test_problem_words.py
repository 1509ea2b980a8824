"""What is wrong with a field, said in the reader's language, with its place."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.utils import translation
from pydantic import ValidationError

from lotline.doors.api.field_problems import _CODES, OWN_CODES
from lotline.doors.api.forms import FactIn
from lotline.doors.api.problems import stop_for_fields
from lotline.doors.api.words import SENTENCES, TITLES, sentence_of

GOOD: dict[str, Any] = {"kind": "receive", "happened_at": "2026-11-17T08:43:00+08:00",
        "moves": [{"item": "I", "lot": "L", "quantity": "1", "source": "A", "target": "B"}]}  # fmt: skip


def found(**changes):
    move = {**GOOD["moves"][0], **changes.pop("move", {})}
    with pytest.raises(ValidationError) as caught:
        FactIn.model_validate_json(json.dumps({**GOOD, "moves": [move], **changes}))
    return stop_for_fields(caught.value.errors(include_url=False, include_input=False)).findings


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"move": {"quantity": -5}}, "quantity_negative", "moves.0.quantity"),
        ({"move": {"quantity": "-0.5"}}, "quantity_negative", "moves.0.quantity"),
        ({"move": {"quantity": "5-"}}, "not_a_number", "moves.0.quantity"),
        ({"move": {"quantity": 0.5}}, "quantity_as_float", "moves.0.quantity"),
        ({"move": {"lot": ""}}, "text_too_short", "moves.0.lot"),
        ({"move": {"lot": "x" * 121}}, "text_too_long", "moves.0.lot"),
        ({"move": {"lot": 7}}, "not_a_text", "moves.0.lot"),
        ({"move": {"strand": -1}}, "number_too_small", "moves.0.strand"),
        ({"move": {"strand": "x"}}, "not_a_whole_number", "moves.0.strand"),
        ({"move": {"certain": 1}}, "not_true_or_false", "moves.0.certain"),
        ({"move": {"colour": "red"}}, "field_unknown", "moves.0.colour"),
        ({"kind": "dance"}, "not_a_choice", "kind"),
        ({"carries": {}}, "not_a_list", "carries"),
        ({"subjects": ["L"]}, "not_an_object", "subjects.0"),
        ({"data": []}, "not_an_object", "data"),
        ({"reverses": "x"}, "not_an_id", "reverses"),
        ({"happened_at": "yesterday"}, "moment_not_rfc3339", "happened_at"),
    ],
)
def test_field_that_is_wrong_is_named_with_the_reason_in_one_language(changes, code, field):
    [finding] = found(**changes)

    with translation.override("zh-hans"):
        chinese = sentence_of(finding.code, finding.params)
    with translation.override("en"):
        english = sentence_of(finding.code, finding.params)

    assert (finding.code, finding.field) == (code, field)
    assert field in chinese
    assert field in english
    assert "?" not in chinese + english
    said = re.sub(r"“[^”]*”|\{[^}]*\}|[A-Z][A-Za-z-]*-[A-Za-z-]+|[a-z]+(, [a-z]+)+|true|false|\S*\d\S*", "", chinese)
    assert re.search(r"[A-Za-z]{3,}", said) is None, chinese
    assert re.search(r"[\u4e00-\u9fff]", english) is None


def test_every_kind_of_field_problem_has_a_sentence_in_both_languages():
    codes = {*_CODES.values(), *OWN_CODES, "field_invalid"}

    assert codes <= set(SENTENCES)
    with translation.override("zh-hans"):
        assert [code for code in SENTENCES if not re.search(r"[\u4e00-\u9fff]", str(SENTENCES[code]))] == []
        assert [status for status in TITLES if not re.search(r"[\u4e00-\u9fff]", str(TITLES[status]))] == []
