"""What late facts ask of the course of a stock, against adding all of it up."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from lotline.core.ledger import course as courses
from lotline.core.ledger.course import Course
from lotline.core.ledger.state import Moment

steps = st.tuples(st.integers(0, 9), st.integers(1, 9), st.integers(0, 1), st.integers(-5, 5))
moments = st.builds(Moment, st.integers(0, 10), st.integers(0, 10))


def added_up(noted: list[tuple[int, int, int, int]], moment: Moment) -> tuple[int, int, Moment | None]:
    """The same, step by step."""
    running, lowest, culprit = 0, 0, None
    for at_us, seq, half in sorted({step[:3] for step in noted}):
        if Moment(at_us, seq) > moment:
            running += sum(change for *step, change in noted if step == [at_us, seq, half])
            if running < lowest:
                lowest, culprit = running, Moment(at_us, seq)
    return running, lowest, culprit


def course_of(noted: list[tuple[int, int, int, int]]) -> Course:
    course = Course()
    for at_us, seq, half, change in noted:
        course.note(Moment(at_us, seq), half, change)
    return course


@given(st.lists(steps, max_size=60), moments)
def test_the_answer_is_that_of_adding_up(noted, moment):
    before, courses.BLOCK = courses.BLOCK, 2
    try:
        assert course_of(noted).after(moment) == added_up(noted, moment)
    finally:
        courses.BLOCK = before


@given(st.lists(st.one_of(steps, moments), max_size=60))
def test_what_is_asked_in_between_changes_no_later_answer(said):
    before, courses.BLOCK = courses.BLOCK, 2
    course = Course()
    noted: list[tuple[int, int, int, int]] = []
    try:
        for what in said:
            if isinstance(what, Moment):
                assert course.after(what) == added_up(noted, what)
            else:
                noted.append(what)
                course.note(Moment(what[0], what[1]), what[2], what[3])
    finally:
        courses.BLOCK = before


def test_a_question_adds_up_no_more_than_one_block_and_the_sums_of_the_others(monkeypatch):
    looked_at = 0

    def counted(changes):
        nonlocal looked_at
        looked_at += len(changes)
        return accumulate(changes)

    monkeypatch.setattr("lotline.core.ledger.course.accumulate", counted)
    course = course_of([(number, number, 0, 1) for number in range(10_000)])
    course.after(Moment(0, 0))
    first, looked_at = looked_at, 0

    for number in range(50):
        course.note(Moment(5_000, 10_000 + number), 0, -1)
        assert course.after(Moment(5_000, 5_000))[1] == -1 - number

    assert first > 9_000
    assert looked_at < 50 * 6 * courses.BLOCK
