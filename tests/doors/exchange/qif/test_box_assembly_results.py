"""The real results of both inspectors of the NIST box assembly against the figures that others derived from them."""

from __future__ import annotations

from collections import Counter

from lotline.doors.exchange.qif.document import Doubt, QifDocument
from lotline.doors.exchange.qif.reader import read_qif
from tests.doors.exchange.nist_material import FOLDER, derived, require_material

require_material()

MTC_COVER, MTC_PLATE = "incoming_CoverResults_20_samples.QIF", "incoming_PlateResults_20_samples.QIF"
NIST_PLATE = "first_article_Plate_Results.qif"


def read_results(name: str) -> QifDocument:
    with (FOLDER / "qif" / name).open("rb") as file:
        return read_qif(file)


def test_each_part_amounts_to_the_derived_figures() -> None:
    ours = [
        {
            "file": name,
            "result_no": str(part.number),
            "serial_number": part.serial or "",
            "inspection_status": part.status,
            "characteristics_pass": str(part.passed),
            "characteristics_fail": str(part.failed),
        }
        for name in (NIST_PLATE, MTC_COVER, MTC_PLATE)
        for part in read_results(name).parts
    ]

    assert len(ours) == 60
    assert ours == derived("derived_qif_summary.csv")


def test_no_document_has_a_problem_and_only_the_last_part_of_mtc_is_unnamed() -> None:
    for name, unnamed in ((NIST_PLATE, []), (MTC_COVER, [20]), (MTC_PLATE, [20])):
        document = read_results(name)

        assert document.problems == ()
        assert [part.number for part in document.parts if part.serial is None] == unnamed


def test_where_limits_are_known_value_and_limits_give_the_inspectors_verdict() -> None:
    for name in (NIST_PLATE, MTC_COVER, MTC_PLATE):
        assert [part.disputed for part in read_results(name).parts] == [()] * 20


def test_mtc_wrote_one_zone_of_negative_width_per_part_and_nist_none() -> None:
    doubts = {
        name: Counter(result.doubt for part in read_results(name).parts for result in part.results)
        for name in (NIST_PLATE, MTC_COVER, MTC_PLATE)
    }

    assert doubts == {
        NIST_PLATE: {Doubt.NONE: 760},
        MTC_COVER: {Doubt.NONE: 521, Doubt.NEGATIVE_ZONE: 20},
        MTC_PLATE: {Doubt.NONE: 600, Doubt.NEGATIVE_ZONE: 20},
    }


def test_documents_say_what_they_know_about_who_when_and_units() -> None:
    mtc, nist = read_results(MTC_PLATE), read_results(NIST_PLATE)

    assert (mtc.traceability.organization, mtc.traceability.preparer) == ("Origin International Inc", "Programmer")
    assert mtc.traceability.created_at.startswith("2017-")
    assert {result.unit for part in mtc.parts for result in part.results} == {"mm"}
    assert (nist.traceability.organization, nist.traceability.preparer, nist.traceability.created_at) == ("", "", "")
    assert {result.unit for part in nist.parts for result in part.results} == {""}


def test_inspectors_disagree_on_the_only_plate_that_nist_passed() -> None:
    (mtc,) = [part for part in read_results(MTC_PLATE).parts if part.serial and "_A12_" in part.serial]
    (nist,) = [part for part in read_results(NIST_PLATE).parts if part.serial == "12"]

    assert (mtc.status, nist.status) == ("FAIL", "PASS")
