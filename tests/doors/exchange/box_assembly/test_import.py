"""A small box assembly, hand-written: what is recorded becomes facts, what is not is said to be so."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lotline.core.ledger import Refused
from lotline.doors.exchange.box_assembly.importing import BoxAssemblyImport, import_box_assembly
from lotline.doors.exchange.box_assembly.material import FileProblem, NoMaterial, instance_of
from lotline.records.catalog.models import Item, Lot
from lotline.records.journal.models import Balance, Fact
from lotline.records.places.actions import create_plant
from lotline.records.places.models import Plant

pytestmark = pytest.mark.django_db

LOG = """
2017-02-07T16:00:00.0000000Z|Program_Status|ACTIVE
2017-02-07T16:00:01.0000000Z|Current_Tool|15.000000
2017-02-07T16:00:02.0000000Z|Program_Status|FEED_HOLD
2017
2017-02-07T16:20:00.0000000Z|Program_Status|PROGRAM_COMPLETED|Part_Count|1111
"""
RESULTS = """<QIFDocument xmlns="http://qifstandards.org/xsd/qif2" versionQIF="2.1.0">{created}
  <Characteristics>
    <CharacteristicDefinitions n="1"><DiameterCharacteristicDefinition id="1"><Tolerance>
      <MaxValue>9.91</MaxValue><MinValue>8.89</MinValue><DefinedAsLimit>true</DefinedAsLimit>
    </Tolerance></DiameterCharacteristicDefinition></CharacteristicDefinitions>
    <CharacteristicNominals n="1"><DiameterCharacteristicNominal id="2"><CharacteristicDefinitionId>1</CharacteristicDefinitionId>
      <TargetValue>9.4</TargetValue></DiameterCharacteristicNominal></CharacteristicNominals>
    <CharacteristicItems n="1"><DiameterCharacteristicItem id="3"><Name>BORE</Name>
      <CharacteristicNominalId>2</CharacteristicNominalId></DiameterCharacteristicItem></CharacteristicItems>
  </Characteristics>
  <MeasurementsResults>
    <MeasurementResultsSet n="1">{results}</MeasurementResultsSet>
    <ActualComponentSets n="1"><ActualComponentSet n="1">{components}</ActualComponentSet></ActualComponentSets>
  </MeasurementsResults>
</QIFDocument>"""
RESULT = """<MeasurementResults id="1{id}"><MeasuredCharacteristics><CharacteristicActuals n="1">
  <DiameterCharacteristicActual id="2{id}"><Status><CharacteristicStatusEnum>{status}</CharacteristicStatusEnum></Status>
    <CharacteristicItemId>3</CharacteristicItemId>{value}</DiameterCharacteristicActual></CharacteristicActuals></MeasuredCharacteristics>
  <InspectionStatus><InspectionStatusEnum>{status}</InspectionStatusEnum></InspectionStatus>
  <ActualComponentIds n="1"><Id>3{id}</Id></ActualComponentIds></MeasurementResults>"""


def results(*parts: tuple[str | None, str, str | None], created: str = "") -> bytes:
    numbered = list(enumerate(parts, start=10))
    text = RESULTS.format(
        created=f"<Version><TimeCreated>{created}</TimeCreated></Version>" if created else "",
        results="".join(
            RESULT.format(id=i, status=status, value="" if value is None else f"<Value>{value}</Value>")
            for i, (_, status, value) in numbered
        ),
        components="".join(
            f'<ActualComponent id="3{i}">{"" if serial is None else f"<SerialNumber>{serial}</SerialNumber>"}</ActualComponent>'
            for i, (serial, _, _) in numbered
        ),
    )
    return text.encode()


@pytest.fixture
def plant() -> Plant:
    return create_plant(code="GB", name="Gaithersburg", time_zone="America/New_York", language="en")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("shdr", "qif"):
        (tmp_path / name).mkdir()
    (tmp_path / "shdr" / "Plate-Op1-Hurco04-01of02.txt.gz").write_bytes(gzip.compress(LOG.encode()))
    (tmp_path / "shdr" / "Plate-Op2-Hurco02-01of02.txt").write_text(LOG.replace("16:", "18:").replace("1111", "1112"))
    incoming = results(("PLATE_RESULTS_A01_X", "FAIL", "9.92"), (None, "PASS", "9.4"), created="2017-03-20T11:40:15")
    (tmp_path / "qif" / "incoming_PlateResults.QIF").write_bytes(incoming)
    (tmp_path / "qif" / "first_article_Plate_Results.qif").write_bytes(results(("1", "PASS", "9.91"), ("2", "PASS", None)))
    return tmp_path


def bodies(plant: Plant, **wanted: str) -> list[dict[str, Any]]:
    return [json.loads(fact.body) for fact in Fact.objects.for_plant(plant).filter(**wanted).order_by("seq")]


def test_import_counts_what_it_wrote(plant: Plant, folder: Path) -> None:
    done = import_box_assembly(plant=plant, folder=folder)

    # The broken line is line 5 of both logs: the first one is empty.
    assert done == BoxAssemblyImport(
        lots=2, operations=2, inspections=3, notes=3, facts=10, replayed=0, import_number=1,
        problems=(
            FileProblem("Plate-Op1-Hurco04-01of02.txt", "no_timestamp", 5, "2017"),
            FileProblem("Plate-Op2-Hurco02-01of02.txt", "no_timestamp", 5, "2017"),
        ),
    )  # fmt: skip
    assert Fact.objects.for_plant(plant).count() == 10
    assert sorted(Lot.objects.for_plant(plant).values_list("code", flat=True)) == ["PLATE-01", "PLATE-02"]


def test_operation_carries_machine_tools_holds_and_the_program_as_not_recorded(plant: Plant, folder: Path) -> None:
    import_box_assembly(plant=plant, folder=folder)

    first, second = bodies(plant, kind="transform")
    assert (first["equipment"], first["operation"], second["equipment"], second["operation"]) == (
        "Hurco04", "Op1", "Hurco02", "Op2",
    )  # fmt: skip
    assert first["lots"] == [["NIST-MTC-CRADA-PLATE", "PLATE-01"]]
    assert (first["data"]["machine"]["feed_holds"], first["data"]["machine"]["programs"]) == (1, None)
    said = {measurement["characteristic"]: measurement["value"] for measurement in first["measurements"]}
    assert (said["Current_Tool"], said["Part_Count"], said["Program_Name_Running"]) == ("15", "1111", None)


def test_disagreeing_inspectors_both_stand_and_neither_blocks_the_lot(plant: Plant, folder: Path) -> None:
    import_box_assembly(plant=plant, folder=folder)

    told = [
        (body["data"]["inspection"]["inspector"], body["measurements"][0]["verdict"], body["measurements"][0]["value"])
        for body in bodies(plant, kind="inspect")
        if body["lots"] == [["NIST-MTC-CRADA-PLATE", "PLATE-01"]]
    ]
    assert sorted(told) == [("MTC", "FAIL", "9.92"), ("NIST", "PASS", "9.91")]
    assert Lot.objects.for_plant(plant).get(code="PLATE-01").status == "released"


def test_result_without_serial_number_is_kept_as_note_about_no_lot(plant: Plant, folder: Path) -> None:
    import_box_assembly(plant=plant, folder=folder)

    (note,) = [body for body in bodies(plant, kind="note") if "inspection" in body["data"]]
    assert "lots" not in note
    assert (note["data"]["inspection"]["serial"], note["data"]["inspection"]["result"]) == (None, 2)
    assert [measurement["value"] for measurement in note["measurements"]] == ["9.4"]


def test_value_and_time_that_were_not_recorded_stay_so(plant: Plant, folder: Path) -> None:
    import_box_assembly(plant=plant, folder=folder)

    nist = [body for body in bodies(plant, kind="inspect") if body["document"].startswith("first_article")]
    assert [body["data"]["inspection"]["recorded_at"] for body in nist] == [None, None]
    # They stand at the last moment of the material, which is that of the other inspector.
    assert {body["at"] for body in nist} == {"2017-03-20T11:40:15.000000Z"}
    assert nist[1]["measurements"][0]["value"] is None


def test_parts_enter_the_books_from_the_variance_account_and_lie_at_the_site(plant: Plant, folder: Path) -> None:
    import_box_assembly(plant=plant, folder=folder)

    entries = bodies(plant, kind="adjust")
    assert [(body["lots"][0][1], body["at"]) for body in entries] == [
        ("PLATE-01", "2017-02-07T16:00:00.000000Z"),
        ("PLATE-02", "2017-03-20T11:40:15.000000Z"),
    ]
    assert {(balance.place.code, balance.quantity) for balance in Balance.objects.for_plant(plant).select_related("place")} == {
        ("SITE", 1_000_000)
    }


def test_note_on_each_assembly_names_the_parts_that_are_not_recorded(plant: Plant, folder: Path) -> None:
    import_box_assembly(plant=plant, folder=folder)

    notes = [body["data"]["assembly"] for body in bodies(plant, kind="note") if "assembly" in body["data"]]
    assert [(note["instance"], note["of"], note["parts"]) for note in notes] == [
        (1, 2, {"plate": "PLATE-01", "cover": None, "box": None}),
        (2, 2, {"plate": "PLATE-02", "cover": None, "box": None}),
    ]
    assert notes[0]["not_recorded"] == ["cover", "box", "assembled_at", "which_parts_were_joined"]


def test_import_twice_writes_once(plant: Plant, folder: Path) -> None:
    first = import_box_assembly(plant=plant, folder=folder)

    again = import_box_assembly(plant=plant, folder=folder)

    assert (again.facts, again.replayed) == (first.facts, first.facts)
    assert Fact.objects.for_plant(plant).count() == first.facts


def test_dry_run_counts_the_same_and_stores_nothing(plant: Plant, folder: Path) -> None:
    tried = import_box_assembly(plant=plant, folder=folder, dry_run=True)

    assert (Fact.objects.for_plant(plant).count(), Lot.objects.for_plant(plant).count(), Item.objects.count()) == (0, 0, 0)
    assert replace(tried, import_number=1) == import_box_assembly(plant=plant, folder=folder)


def test_changed_log_under_the_same_name_is_refused_with_nothing_stored(plant: Plant, folder: Path) -> None:
    done = import_box_assembly(plant=plant, folder=folder)
    (folder / "shdr" / "Plate-Op2-Hurco02-01of02.txt").write_text(LOG)

    with pytest.raises(Refused) as refused:
        import_box_assembly(plant=plant, folder=folder)

    assert [problem.code for problem in refused.value.problems] == ["key_reused"]
    assert Fact.objects.for_plant(plant).count() == done.facts


def test_files_that_can_not_be_used_are_named_and_the_rest_is_written(plant: Plant, folder: Path) -> None:
    (folder / "shdr" / "Plate-Op1-Hurco04-02of02.txt.gz").write_bytes(b"no gzip")
    (folder / "shdr" / "Plate-Op2-Hurco04-02of02.txt").write_text("\n\n")
    (folder / "shdr" / "notes.txt").write_text("lunch")
    (folder / "qif" / "incoming_CoverResults.qif").write_text("<a>")

    done = import_box_assembly(plant=plant, folder=folder)

    named = [(problem.file, problem.code) for problem in done.problems if problem.code != "no_timestamp"]
    assert named == [
        ("Plate-Op1-Hurco04-02of02.txt.gz", "unreadable_file"),
        ("Plate-Op2-Hurco04-02of02.txt", "silent_log"),
        ("notes.txt", "unknown_name"),
        ("incoming_CoverResults.qif", "not_xml"),
    ]
    assert done.operations == 2


def test_folder_without_material_is_refused(plant: Plant, tmp_path: Path) -> None:
    with pytest.raises(NoMaterial):
        import_box_assembly(plant=plant, folder=tmp_path)


def test_progress_is_told_for_each_file(plant: Plant, folder: Path) -> None:
    told: list[tuple[int, int]] = []

    import_box_assembly(plant=plant, folder=folder, progress=lambda done, total: told.append((done, total)))

    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize(
    ("serial", "instance"),
    [
        ("PLATE_RESULTS_A07_NIST_MTC_CRADA_PLATE_ORIGIN_NIKON_SCAN", 7),
        ("1", 1),
        ("20", 20),
        ("SN-1", None),
        ("A07", None),
        ("1207", None),
    ],
)
def test_instance_of_reads_both_inspectors_words_and_guesses_at_no_other(serial: str, instance: int | None) -> None:
    assert instance_of(serial) == instance
