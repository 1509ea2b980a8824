"""The contract of ``lotline import genealogy`` and ``lotline trace``, as other programs use it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from lotline.core.facts import Birth, Draft, FactKind, LotRef, Move, PlaceKind
from lotline.core.quantity import parse_quantity
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.journal.actions import append
from lotline.records.places.actions import PlaceSpec, ensure_places
from lotline.records.places.models import Plant


def digest_of(*codes):
    return hashlib.sha256("".join(f"{code}\n" for code in sorted(codes)).encode()).hexdigest()


def use_salt_of_the_same_number():
    """A lot of salt that bears the number of the flour, received and made into brine."""
    plant = Plant.objects.get()
    ensure_items([ItemSpec("SALT", unit="kg"), ItemSpec("BRINE", unit="kg")])
    ensure_places(plant=plant, specs=[PlaceSpec("MINE", PlaceKind.SUPPLIER)])
    salt, brine, five = LotRef("SALT", "R1"), LotRef("BRINE", "W9"), parse_quantity("5")
    day = datetime(2026, 2, 1, tzinfo=UTC)
    received = Draft(kind=FactKind.RECEIVE, happened_at=day, key="salt", moves=(Move(salt, five, "MINE", "SITE"),), births=(Birth(salt),))
    moves = (Move(salt, five, "SITE", "PROCESS"), Move(brine, five, "PROCESS", "SITE"))
    used = Draft(kind=FactKind.TRANSFORM, happened_at=day + timedelta(days=1), key="brine", moves=moves, births=(Birth(brine),))
    append(plant=plant, drafts=[received, used])


def test_import_and_trace_work_on_an_installation_that_does_not_exist_yet(fresh_terminal, genealogy_folder):
    imported = fresh_terminal.json("import", "genealogy", genealogy_folder)

    answer = fresh_terminal.json("trace", "S1", "--to", "sources")

    assert (imported["lots"], imported["facts"], imported["replayed"]) == (5, 6, 0)
    assert answer["digest"] == digest_of("R1", "R2", "W1", "U1")


def test_trace_to_sources_has_every_field_of_the_contract(terminal, genealogy_folder):
    terminal.json("import", "genealogy", genealogy_folder)

    answer = terminal.json("trace", "W1", "--to", "sources")

    elapsed = answer.pop("elapsed_ms")
    assert answer == {
        "start": {"kind": "lot", "code": "W1", "item": "DOUGH", "item_name": "", "start_lots": 1},
        "to": "sources",
        "complete": True,
        "lots": 2,
        "facts": 1,
        "partners": ["MILL", "SPRING"],
        "digest": digest_of("R1", "R2"),
    }
    assert elapsed > 0


def test_trace_to_destinations_ends_at_the_customer(terminal, genealogy_folder):
    terminal.json("import", "genealogy", genealogy_folder)

    answer = terminal.json("trace", "R2", "--to", "destinations")

    assert (answer["lots"], answer["partners"], answer["digest"]) == (3, ["SHOP"], digest_of("W1", "U1", "S1"))


def test_trace_as_of_an_earlier_moment_sees_only_what_had_happened(terminal, genealogy_folder):
    terminal.json("import", "genealogy", genealogy_folder)

    answer = terminal.json("trace", "R1", "--to", "destinations", "--as-of", "2026-01-02T12:00:00Z")

    assert answer["digest"] == digest_of("W1")


def test_trace_of_a_code_with_two_meanings_tells_them_apart(terminal, genealogy_folder):
    terminal.json("import", "genealogy", genealogy_folder)
    use_salt_of_the_same_number()

    both = terminal.json("trace", "R1", "--to", "destinations")
    salt = terminal.json("trace", "R1", "--to", "destinations", "--item", "SALT")

    assert both["digest"] == digest_of("W1", "U1", "S1", "W9")
    assert {one["item"]: one["digest"] for one in both["starts"]} == {"FLOUR": digest_of("W1", "U1", "S1"), "SALT": digest_of("W9")}
    assert [one["item"] for one in both["start"]] == ["FLOUR", "SALT"]
    assert (salt["digest"], salt["start"]["item"]) == (digest_of("W9"), "SALT")
    assert "starts" not in salt


@pytest.mark.one_engine("the words are the same on both")
def test_trace_of_an_unknown_code_is_an_error_for_people_and_for_machines(terminal, genealogy_folder):
    terminal.json("import", "genealogy", genealogy_folder)

    for_people = terminal.run("trace", "NOBODY", "--to", "sources")
    for_machines = terminal.json("trace", "NOBODY", "--to", "sources", code=1)

    assert (for_people.returncode, for_people.stdout) == (1, "")
    assert "Nothing here carries the code NOBODY." in for_people.stderr
    assert for_machines["error"] == "Nothing here carries the code NOBODY."


def test_trace_before_anything_was_recorded_says_how_to_begin(fresh_terminal):
    done = fresh_terminal.run("trace", "X", "--to", "sources")

    assert done.returncode == 1
    assert done.stderr == "Stopped: There are no records here yet.\nBegin with: lotline init, lotline demo, or lotline import.\n"


def test_trace_for_people_lists_lots_with_where_they_are(terminal, genealogy_folder):
    terminal.json("import", "genealogy", genealogy_folder)

    done = terminal.run("trace", "R1", "--to", "destinations")

    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["S1", "SHIP", "certain", "1", "pcs", "Shipped", "SHOP"] in rows
    assert "Complete: nothing was left out." in done.stdout


def test_import_of_the_same_files_again_changes_nothing(terminal, genealogy_folder):
    first = terminal.json("import", "genealogy", genealogy_folder)

    again = terminal.json("import", "genealogy", genealogy_folder)

    assert (first["replayed"], again["replayed"], again["facts"]) == (0, first["facts"], first["facts"])


@pytest.mark.one_engine("the words are the same on both")
def test_import_names_every_row_that_can_not_be_taken_and_stores_nothing(terminal, genealogy_folder):
    with (genealogy_folder / "links.csv").open("a", encoding="utf-8") as links:
        links.write("R1,GHOST,1,E1,2026-01-02T00:00:00Z\nR1,W1,many,E1,2026-01-02T00:00:00Z\n")

    done = terminal.run("import", "genealogy", genealogy_folder)

    assert done.returncode == 1
    assert "links.csv:6" in done.stderr
    assert "links.csv:7" in done.stderr
    assert terminal.json("trace", "R1", "--to", "destinations", code=1)["error"]


def test_import_dry_run_stores_nothing(terminal, genealogy_folder):
    dry = terminal.json("import", "genealogy", genealogy_folder, "--dry-run")

    assert (dry["facts"], dry["dry_run"]) == (6, True)
    assert terminal.json("trace", "R1", "--to", "destinations", code=1)["error"]


def test_trace_of_a_customer_and_of_a_supplier_starts_from_all_they_got_or_gave(terminal, genealogy_folder):
    terminal.json("import", "genealogy", genealogy_folder)

    shop = terminal.json("trace", "SHOP", "--to", "sources")
    mill = terminal.json("trace", "MILL", "--to", "destinations")

    assert shop["start"] == {
        "kind": "customer",
        "code": "SHOP",
        "item": "",
        "item_name": "",
        "partner": "SHOP",
        "place": "SHOP",
        "start_lots": 1,
    }
    assert (shop["lots"], shop["partners"]) == (4, ["MILL", "SPRING"])
    assert (mill["start"]["kind"], mill["lots"], mill["partners"]) == ("supplier", 3, ["SHOP"])
    assert "supplier · MILL" in terminal.run("trace", "MILL", "--to", "destinations").stdout


def test_trace_as_of_a_moment_before_the_lot_says_so(terminal, genealogy_folder):
    terminal.json("import", "genealogy", genealogy_folder)

    answer = terminal.json("trace", "R1", "--to", "destinations", "--as-of", "2020-01-01")
    told = terminal.run("trace", "R1", "--to", "destinations", "--as-of", "2020-01-01").stdout

    assert (answer["complete"], answer["gaps"], answer["lots"]) == (False, ["not_yet"], 0)
    assert "Not complete: At that moment the records did not know of it yet" in told


def test_trace_in_csv_names_item_quantity_place_and_customer(terminal, genealogy_folder):
    terminal.run("import", "genealogy", genealogy_folder)

    lines = terminal.run("trace", "R1", "--to", "destinations", "--csv").stdout.splitlines()

    assert lines[0] == "lot,item,item_name,certainty,quantity,unit,state,place,customer"
    assert "S1,SHIP,SHIP,certain,1,pcs,Shipped,SHOP,SHOP" in [line.replace("SHIP,,", "SHIP,SHIP,") for line in lines]
    assert len(lines) == 4


def test_csv_of_a_trace_never_runs_as_a_formula(terminal, genealogy_folder):
    for file in genealogy_folder.glob("*.csv"):
        file.write_text(file.read_text(encoding="utf-8").replace("S1", "=S1"), encoding="utf-8")
    terminal.run("import", "genealogy", genealogy_folder)

    lines = terminal.run("trace", "R1", "--to", "destinations", "--csv").stdout.splitlines()

    assert [line for line in lines if "=S1" in line] == [line for line in lines if line.startswith("'=S1,")] != []


def test_codes_are_taken_with_blanks_around_and_in_full_width_and_near_ones_are_proposed(terminal, genealogy_folder):
    terminal.run("import", "genealogy", genealogy_folder)

    folded = terminal.run("trace", " Ｒ１ ", "--to", "destinations")
    unknown = terminal.json("trace", "R1x", "--to", "destinations", code=1)

    assert folded.returncode == 0, folded.stderr
    assert "Taken as R1." in folded.stderr
    assert "R1" in unknown["advice"]


@pytest.mark.one_engine("the words are the same on both")
def test_rows_that_can_not_be_taken_stand_below_one_sentence(terminal, genealogy_folder):
    (genealogy_folder / "lots.csv").write_text("lot,item\n", encoding="utf-8")

    done = terminal.run("import", "genealogy", genealogy_folder)

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Stopped: These rows can not be taken; nothing was stored.",
        "  ✗ lots.csv:1: The first line lacks these columns. (kind, qty, uom, created_at, partner)",
        "Correct them and import again.",
    ]


EPCIS_WITH_AN_EMPTY_FIELD = """{"@context": ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"], "type": "EPCISDocument",
 "schemaVersion": "2.0", "creationDate": "2026-01-01T00:00:00Z", "epcisBody": {"eventList": [{"type": "ObjectEvent", "action": "ADD",
 "eventTime": "2026-01-01T06:00:00Z", "eventTimeZoneOffset": "+00:00", "bizStep": "commissioning", "disposition": "",
 "epcList": ["urn:epc:id:sgtin:9521321.000001.1"]}]}}"""


@pytest.mark.one_engine("the words are the same on both")
def test_warnings_of_an_epcis_document_are_sentences_for_people_and_codes_for_machines(terminal, tmp_path):
    terminal.run("init", "--no-input")
    document = tmp_path / "a.json"
    document.write_text(EPCIS_WITH_AN_EMPTY_FIELD, encoding="utf-8")

    for_people = terminal.run("import", "epcis", "--dry-run", "--lenient", document)
    (for_machines,) = terminal.json("import", "epcis", "--lenient", document)["files"]

    assert "  ! event 1, disposition: The field is empty. Leave it out or give it a value." in for_people.stdout.splitlines()
    assert for_machines["warnings"] == ["event 1, disposition: The field is empty. Leave it out or give it a value."]
    assert [(one["code"], one["event"], one["path"]) for one in for_machines["warning_problems"]] == [("empty_value", 0, "disposition")]
