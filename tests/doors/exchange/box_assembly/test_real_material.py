"""The real box assembly, into the journal and back: the figures are those that others derived from the files."""

from __future__ import annotations

import json

import pytest

from lotline.doors.exchange.box_assembly.figures import inspection_figures, operation_figures
from lotline.doors.exchange.box_assembly.importing import import_box_assembly
from lotline.records.catalog.models import Lot
from lotline.records.journal.models import Fact
from lotline.records.places.actions import create_plant
from lotline.records.places.models import Plant
from tests.doors.exchange.nist_material import FOLDER, derived, require_material

require_material()
pytestmark = pytest.mark.django_db


@pytest.fixture
def plant() -> Plant:
    return create_plant(code="GB", name="Gaithersburg", time_zone="America/New_York", language="en")


def test_figures_read_from_the_journal_are_the_derived_ones(plant: Plant) -> None:
    done = import_box_assembly(plant=plant, folder=FOLDER)

    assert operation_figures(plant) == derived("derived_shdr_summary.csv")
    assert inspection_figures(plant) == derived("derived_qif_summary.csv")
    assert (done.lots, done.operations, done.inspections) == (39, 65, 58)
    # 20 assemblies, and the two parts of MTC that have no serial number.
    assert done.notes == 22
    assert {(problem.code, problem.detail) for problem in done.problems} == {
        ("no_timestamp", "2017"),
        ("no_timestamp", "2017.919363"),
    }
    assert len(done.problems) == sum(int(row["irregular_lines"]) for row in derived("derived_shdr_summary.csv"))


def test_lots_are_the_parts_that_someone_named_and_no_other(plant: Plant) -> None:
    import_box_assembly(plant=plant, folder=FOLDER)

    plates, covers = [f"PLATE-{n:02d}" for n in range(1, 21)], [f"COVER-{n:02d}" for n in range(1, 20)]
    assert sorted(Lot.objects.for_plant(plant).values_list("code", flat=True)) == sorted(plates + covers)


def test_plate_that_inspectors_disagree_on_has_both_results_with_every_measurement(plant: Plant) -> None:
    import_box_assembly(plant=plant, folder=FOLDER)

    facts = Fact.objects.for_plant(plant).filter(kind="inspect", subjects__lot__code="PLATE-12").order_by("document")
    told = [json.loads(body) for body in facts.values_list("body", flat=True)]
    assert [(body["data"]["inspection"]["inspector"], body["data"]["inspection"]["status"]) for body in told] == [
        ("NIST", "PASS"),
        ("MTC", "FAIL"),
    ]
    assert [len(body["measurements"]) for body in told] == [38, 31]
