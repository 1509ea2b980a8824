"""States, bars, navigation and the tags of the design system."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest
from django.template import Context, Template
from django.utils import translation

from lotline.doors.web.design.bars import limit_geometry, quantity_segments
from lotline.doors.web.design.states import STATE_LOOKS, UnknownState, state_look
from lotline.doors.web.templatetags.lotline import genealogy_words, initials, limit_words

SOURCE = Path(__file__).resolve().parents[3] / "src" / "lotline"


def render(text: str, **context: object) -> str:
    return Template("{% load i18n lotline %}" + text).render(Context(context))


def numbers(*texts: str) -> list[float]:
    return [float(text.rstrip("%")) for text in texts]


def test_every_state_of_the_guide_has_a_colour_an_icon_and_a_chinese_word():
    guide = {
        "pending",
        "released",
        "concession",
        "wip",
        "hold",
        "rejected",
        "rework",
        "shipped",
        "consumed",
        "scrapped",
        "recalled",
        "suspect",
    }
    style = (SOURCE / "doors/web/static/web/css/states.css").read_text(encoding="utf-8")

    assert guide <= set(STATE_LOOKS)
    assert [code for code in STATE_LOOKS if f".chip.{code}" not in style] == []
    with translation.override("zh-hans"):
        assert [look.code for look in STATE_LOOKS.values() if str(look.word).isascii()] == []


def test_state_without_a_look_is_refused():
    with pytest.raises(UnknownState):
        state_look("happy")


def test_quantity_bar_fills_its_width_and_shows_the_smallest_part():
    segments = quantity_segments([(1_000_000, "gone"), (999_000_000, "here"), (0, "red")])

    assert [segment.tone for segment in segments] == ["gone", "here"]
    assert numbers(segments[0].width)[0] > 1
    assert sum(numbers(*(segment.width for segment in segments))) == pytest.approx(100, abs=0.2)


def test_quantity_bar_of_nothing_is_empty():
    assert quantity_segments([(0, "gone")]) == []


def test_value_between_two_limits_lies_in_the_band():
    at = limit_geometry(value="182", low="178", high="188", target="183")

    assert at is not None
    assert (at.band_x, at.band_width, at.target, at.value) == ("25.0%", "50.0%", "50.0%", "45.0%")


def test_value_below_the_limit_lies_left_of_the_band_even_when_far_off():
    at = limit_geometry(value="0.28", low="0.35", high="0.45")
    far = limit_geometry(value="-900", low="0.35", high="0.45")

    assert at is not None
    assert far is not None
    assert numbers(at.value or "")[0] < numbers(at.band_x)[0]
    assert far.value == "2.0%"
    assert numbers(far.band_width)[0] > 15


def test_bar_with_one_limit_fills_the_side_that_is_allowed():
    at_least = limit_geometry(value="52", low="45", high=None)
    at_most = limit_geometry(value="1.5", low=None, high="1.5")

    assert at_least is not None
    assert at_most is not None
    assert (at_least.band_x, at_least.band_width) == ("50.0%", "50.0%")
    assert (at_most.band_x, at_most.value) == ("0.0%", at_most.band_width)


def test_measurement_without_limits_or_number_has_no_bar_or_no_dot():
    assert limit_geometry(value="3", low=None, high=None) is None
    unknown = limit_geometry(value=None, low="1", high="2")
    word = limit_geometry(value="OK", low="1", high="2")

    assert unknown is not None
    assert word is not None
    assert (unknown.value, word.value) == (None, None)


@pytest.mark.parametrize(
    ("verdict", "value", "low", "high", "words"),
    [
        ("below", "2.61", "3.00", None, "低于下限 3.00"),
        ("above", "9", None, "6", "高于上限 6"),
        ("", "182", "178", "188", "178 – 188"),
        ("", "52", "45", None, "≥ 45"),
        ("", "1", None, "1.2", "≤ 1.2"),
        ("below", None, "3.00", None, "未记录"),
    ],
)
def test_words_under_the_bar_say_the_verdict_or_the_limits(verdict, value, low, high, words):
    with translation.override("zh-hans"):
        assert limit_words(verdict=verdict, value=value, low=low, high=high) == words


def test_value_that_was_not_recorded_is_shown_as_such():
    with translation.override("zh-hans"):
        html = render("{% limit_bar m %}", m={"name": "F0", "value": None, "unit": "min", "low": "3", "high": None})

    assert "未记录" in html
    assert "circle" not in html


def test_texts_of_a_lot_are_escaped():
    html = render("{% limit_bar m %}", m={"name": "<script>x</script>", "value": "1", "unit": "", "low": "1", "high": None})

    assert "<script>" not in html


@pytest.mark.parametrize(("name", "sign"), [("周敏", "周"), ("Zhou Min", "ZM"), ("admin", "A"), ("", "?")])
def test_sign_of_a_person(name, sign):
    assert initials(name) == sign


def test_search_and_entries_are_absent_while_their_addresses_are(rf, settings):
    nothing = ModuleType("nothing")
    nothing.urlpatterns = []  # type: ignore[attr-defined]
    settings.ROOT_URLCONF = nothing

    html = render('{% navigation bar="side" %}', request=rf.get("/trace"))

    assert "nav-item" not in html


def test_current_entry_is_marked(rf, settings):
    settings.ROOT_URLCONF = "tests.doors.web.site.pages"

    html = render('{% navigation bar="side" %}', request=rf.get("/trace/50"))

    assert re.findall(r'href="([^"]+)" data-go="\w" aria-current="page"', html) == ["/trace"]


def test_words_of_the_genealogy_are_translated_and_keep_their_places():
    with translation.override("en"):
        english = genealogy_words()
    with translation.override("zh-hans"):
        chinese = genealogy_words()

    assert english["lots"] == ["{n} lot", "{n} lots"]
    assert chinese["lots"] == ["{n} 个批次", "{n} 个批次"]
    assert [key for key, word in chinese.items() if isinstance(word, str) and word.isascii()] == []
    assert [
        key for key, word in english.items() if isinstance(word, str) and re.findall(r"{\w+}", word) != re.findall(r"{\w+}", chinese[key])
    ] == []


def test_styles_hold_one_declaration_a_line():
    crowded = [
        f"{file.name}:{number}: {line.strip()[:60]}"
        for file in sorted(SOURCE.glob("doors/*/static/*/**/*.css"))
        if "vendor" not in file.parts
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > 160 or re.sub(r"url\([^)]*\)|/\*.*?\*/", "", line).count(";") > 1
    ]

    assert crowded == []
