"""Genealogies from outside: what becomes of the three files, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lotline.doors.exchange.genealogy_csv import BadGenealogy, import_genealogy
from lotline.records.genealogy.closure import To
from lotline.records.genealogy.starts import find_starts
from lotline.records.genealogy.trace import trace
from lotline.records.journal.models import Balance, Fact
from lotline.records.journal.replay import check_replay
from lotline.records.places.actions import create_plant
from lotline.records.places.models import Plant

LOTS = "lot,item,kind,qty,uom,created_at,partner"
LINKS = "parent,child,qty,event_id,at"
EVENTS = "event_id,type,at"


@pytest.fixture
def plant(db: None) -> Plant:
    return create_plant(code="P", name="Plant")


def write(folder: Path, *, lots: str, events: str = "", links: str = "") -> Path:
    """The three files; rows are separated by blanks, days stand for moments of January 2026."""
    for name, header, rows in (("lots", LOTS, lots), ("events", EVENTS, events), ("links", LINKS, links)):
        (folder / f"{name}.csv").write_text("\n".join([header, *rows.split()]) + "\n", encoding="utf-8")
    return folder


def day(number: int) -> str:
    return f"2026-01-{number:02d}T00:00:00Z"


def reached(plant: Plant, code: str, to: To) -> list[str]:
    return sorted(trace(plant=plant, starts=find_starts(plant=plant, code=code), to=to).closure.codes)


def problems_of(plant: Plant, folder: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(BadGenealogy) as refused:
        import_genealogy(plant=plant, folder=folder)
    assert Fact.objects.for_plant(plant).count() == 0
    return [(problem.file, problem.line, problem.code) for problem in refused.value.problems]


@pytest.fixture
def tank(tmp_path: Path) -> Path:
    return write(
        tmp_path,
        lots=f"A,MILK,raw,100,kg,{day(1)},S1 B,MILK,raw,100,kg,{day(1)},S2 TANK,MIX,wip,200,kg,{day(2)}, "
        f"D1,OUT,unit,50,kg,{day(3)}, D2,OUT,unit,60,kg,{day(5)}, SH,SHIP,ship,1,pcs,{day(6)},C1",
        events=f"E1,process,{day(2)} E2,process,{day(3)} E3,process,{day(4)} E4,process,{day(5)} E5,ship,{day(6)}",
        links=f"A,TANK,100,E1,{day(2)} TANK,D1,50,E2,{day(3)} B,TANK,100,E3,{day(4)} TANK,D2,60,E4,{day(5)} D2,SH,60,E5,{day(6)}",
    )


def test_a_tank_passes_on_only_what_was_in_it(plant: Plant, tank: Path) -> None:
    import_genealogy(plant=plant, folder=tank)

    assert reached(plant, "B", To.DESTINATIONS) == ["D2", "SH", "TANK"]
    assert reached(plant, "D1", To.SOURCES) == ["A", "TANK"]
    assert reached(plant, "SH", To.SOURCES) == ["A", "B", "D2", "TANK"]
    assert trace(plant=plant, starts=find_starts(plant=plant, code="B"), to=To.DESTINATIONS).partners == ("C1",)


def test_importing_twice_changes_nothing(plant: Plant, tank: Path) -> None:
    first = import_genealogy(plant=plant, folder=tank)
    second = import_genealogy(plant=plant, folder=tank)

    assert (first.facts, first.replayed) == (8, 0)
    assert second.replayed == second.facts == 8
    assert Fact.objects.for_plant(plant).count() == 8
    assert check_replay(plant) == []


def test_a_dry_run_stores_nothing(plant: Plant, tank: Path) -> None:
    summary = import_genealogy(plant=plant, folder=tank, dry_run=True)

    assert summary.facts == 8
    assert Fact.objects.for_plant(plant).count() == 0


def test_pairs_of_one_event_are_kept_apart(plant: Plant, tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        lots=f"P,PART,raw,1,pcs,{day(1)},S Q,PART,raw,1,pcs,{day(1)},S U1,U,unit,1,pcs,{day(2)}, U2,U,unit,1,pcs,{day(2)},",
        events=f"E,serialize,{day(2)}",
        links=f"P,U1,1,E,{day(2)} Q,U2,1,E,{day(2)}",
    )

    import_genealogy(plant=plant, folder=folder)

    assert reached(plant, "P", To.DESTINATIONS) == ["U1"]
    assert Fact.objects.for_plant(plant).filter(kind="transform").count() == 1


def test_what_is_drawn_beyond_the_record_is_booked_as_variance(plant: Plant, tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        lots=f"A,RAW,raw,10,kg,{day(1)},S X,WIP,wip,5,kg,{day(2)},",
        events=f"E,process,{day(2)}",
        links=f"A,X,12.5,E,{day(2)}",
    )

    summary = import_genealogy(plant=plant, folder=folder)

    assert summary.variances == 1
    assert '"reason":"process: more used than was recorded"' in Fact.objects.for_plant(plant).get(kind="transform").body
    assert dict(Balance.objects.for_plant(plant).values_list("lot__code", "quantity")) == {"X": 5_000_000}


def test_a_lot_without_a_source_says_why_it_is_there(plant: Plant, tmp_path: Path) -> None:
    folder = write(tmp_path, lots=f"A,RAW,raw,10,kg,{day(1)},S B,RAW,raw,10,kg,{day(1)},", events="", links="")

    summary = import_genealogy(plant=plant, folder=folder)

    assert summary.without_source == 1
    reasons = [json.loads(body).get("reason", "") for body in Fact.objects.for_plant(plant).order_by("seq").values_list("body", flat=True)]
    assert reasons == ["", "no source recorded"]


def test_a_piece_that_is_reworked_into_itself_stays_one_piece(plant: Plant, tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        lots=f"P,PART,raw,1,pcs,{day(1)},S U,U,unit,1,pcs,{day(2)},",
        events=f"E,process,{day(2)} R,rework,{day(3)}",
        links=f"P,U,1,E,{day(2)} U,U,1,R,{day(3)}",
    )

    import_genealogy(plant=plant, folder=folder)

    assert reached(plant, "U", To.SOURCES) == ["P"]
    assert dict(Balance.objects.for_plant(plant).values_list("lot__code", "quantity")) == {"U": 1_000_000}


def test_a_loop_of_rework_over_other_lots_ends(plant: Plant, tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        lots=f"P,PART,raw,1,pcs,{day(1)},S U,U,unit,1,pcs,{day(2)}, R,REPAIR,wip,1,pcs,{day(3)},",
        events=f"E,process,{day(2)} OPEN,rework,{day(3)} CLOSE,rework,{day(4)}",
        links=f"P,U,1,E,{day(2)} U,R,1,OPEN,{day(3)} R,U,1,CLOSE,{day(4)}",
    )

    import_genealogy(plant=plant, folder=folder)

    assert reached(plant, "U", To.SOURCES) == ["P", "R"]
    assert reached(plant, "P", To.DESTINATIONS) == ["R", "U"]


def test_at_one_moment_a_lot_is_made_before_it_is_used(plant: Plant, tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        lots=f"A,RAW,raw,1,kg,{day(1)},S X,WIP,wip,1,kg,{day(1)}, Y,WIP2,wip,1,kg,{day(1)},",
        events=f"SECOND,process,{day(1)} FIRST,process,{day(1)}",
        links=f"X,Y,1,SECOND,{day(1)} A,X,1,FIRST,{day(1)}",
    )

    import_genealogy(plant=plant, folder=folder)

    assert reached(plant, "A", To.DESTINATIONS) == ["X", "Y"]


def test_a_shipment_that_is_used_again_has_come_back(plant: Plant, tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        lots=f"U,U,unit,1,pcs,{day(1)}, SH,SHIP,ship,1,pcs,{day(2)},C X,REFURB,unit,1,pcs,{day(4)},",
        events=f"E,ship,{day(2)} R,rework,{day(4)}",
        links=f"U,SH,1,E,{day(2)} SH,X,1,R,{day(4)}",
    )

    import_genealogy(plant=plant, folder=folder)

    kinds = Fact.objects.for_plant(plant).order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["receive", "transform", "ship", "return", "transform"]


def test_floats_of_other_systems_are_rounded_and_counted(plant: Plant, tmp_path: Path) -> None:
    folder = write(tmp_path, lots=f"A,RAW,raw,0.30000000000000004,kg,{day(1)},S")

    summary = import_genealogy(plant=plant, folder=folder)

    assert summary.rounded == 1
    assert Balance.objects.for_plant(plant).values_list("quantity", flat=True).get() == 300_000


def test_every_row_that_can_not_be_taken_is_named(plant: Plant, tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        lots=f"A,RAW,raw,1,kg,{day(1)},S A,RAW,raw,1,kg,{day(1)},S B,RAW,stone,1,kg,{day(1)}, C,RAW,raw,-1,kg,{day(1)}, "
        f"D,RAW,raw,1,kg,yesterday, ,RAW,raw,1,kg,{day(1)},",
        events=f"E,process,{day(2)} E,process,{day(2)} F,magic,{day(2)}",
        links=f"A,Z,1,E,{day(2)} A,A,x,E,{day(2)} A,A,1,G,{day(2)}",
    )

    assert problems_of(plant, folder) == [
        ("lots.csv", 3, "lot_twice"),
        ("lots.csv", 4, "kind_unknown"),
        ("lots.csv", 5, "quantity_bad"),
        ("lots.csv", 6, "time_bad"),
        ("lots.csv", 7, "code_blank"),
        ("events.csv", 3, "event_twice"),
        ("events.csv", 4, "type_unknown"),
        ("links.csv", 2, "lot_unknown"),
        ("links.csv", 3, "quantity_bad"),
        ("links.csv", 4, "event_unknown"),
    ]


def test_a_lot_that_is_used_before_it_exists_is_refused(plant: Plant, tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        lots=f"A,RAW,raw,1,kg,{day(9)},S X,WIP,wip,1,kg,{day(2)},",
        events=f"E,process,{day(2)}",
        links=f"A,X,1,E,{day(2)}",
    )

    assert [code for _file, _line, code in problems_of(plant, folder)] == ["used_before_it_exists"]


def test_missing_files_and_columns_are_named(plant: Plant, tmp_path: Path) -> None:
    (tmp_path / "lots.csv").write_text("lot,item\n", encoding="utf-8")

    assert problems_of(plant, tmp_path) == [
        ("lots.csv", 1, "column_missing"),
        ("events.csv", 0, "file_missing"),
        ("links.csv", 0, "file_missing"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_files_as_excel_writes_them_are_read(plant: Plant, tank: Path, encoding: str) -> None:
    for file in tank.glob("*.csv"):
        file.write_bytes(file.read_text(encoding="utf-8").replace("MILK", "牛奶").replace("\n", "\r\n").encode(encoding))

    import_genealogy(plant=plant, folder=tank)

    assert reached(plant, "B", To.DESTINATIONS) == ["D2", "SH", "TANK"]
    assert {start.item for start in find_starts(plant=plant, code="B")} == {"牛奶"}


def test_a_file_that_is_no_text_is_named(plant: Plant, tank: Path) -> None:
    (tank / "lots.csv").write_bytes(b"lot,item\xff\xfe\x81\x00\xff")

    assert problems_of(plant, tank) == [("lots.csv", 0, "encoding_unknown")]


def test_a_cell_without_end_is_named(plant: Plant, tank: Path) -> None:
    (tank / "events.csv").write_text(f'{EVENTS}\n"{"E" * 200_000}', encoding="utf-8")

    assert problems_of(plant, tank) == [("events.csv", 0, "not_csv")]


def test_a_row_with_a_character_that_can_not_be_stored_is_named(plant: Plant, tmp_path: Path) -> None:
    folder = write(tmp_path, lots=f"A,MI\0LK,raw,100,kg,{day(1)},S1", events=f"E\0,process,{day(2)}")

    assert problems_of(plant, folder) == [("lots.csv", 2, "character_bad"), ("events.csv", 2, "character_bad")]


def test_links_of_a_row_that_is_named_already_say_nothing_new(plant: Plant, tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        lots=f"A,MILK,raw,-100,kg,{day(1)},S1 B,MILK,raw,100,kg,{day(1)},S1 C,MIX,wip,1,kg,{day(2)},",
        events=f"E1,process,{day(2)} E2,boil,{day(2)}",
        links="A,C,1,E1, B,C,1,E2, X,C,1,E1,",
    )

    assert problems_of(plant, folder) == [
        ("lots.csv", 2, "quantity_bad"),
        ("events.csv", 3, "type_unknown"),
        ("links.csv", 4, "lot_unknown"),
    ]


def test_a_dry_run_names_no_import(plant: Plant, tank: Path) -> None:
    assert import_genealogy(plant=plant, folder=tank, dry_run=True).import_number == 0
    assert import_genealogy(plant=plant, folder=tank).import_number == 1
