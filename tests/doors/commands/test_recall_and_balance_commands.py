"""Where it is now, who has it, and does it add up: at the terminal."""

from __future__ import annotations

from datetime import UTC, datetime

from lotline.core.facts import Draft, FactKind, LotRef, Move
from lotline.core.quantity import MICRO
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.journal.actions import append
from lotline.records.journal.models import Balance
from lotline.records.places.queries import get_plant


def test_recall_tells_where_the_affected_lots_are_and_which_customer_has_them(terminal, genealogy_folder):
    terminal.json("import", "genealogy", genealogy_folder)

    answer = terminal.json("recall", "R1", "--lots")

    assert (answer["lots"], answer["certain"], answer["possible"], answer["start_lots"]) == (4, 4, 0, 1)
    assert [customer["place"] for customer in answer["customers"]] == ["SHOP"]
    assert answer["customers"][0]["totals"] == [{"item": "SHIP", "name": "", "unit": "pcs", "lots": 1, "quantity": "1"}]
    assert [row["lot"] for row in answer["affected"]] == ["R1", "S1", "U1", "W1"]
    assert answer["closes"] is True


def test_recall_as_of_a_moment_before_the_lot_says_so(terminal, genealogy_folder):
    terminal.json("import", "genealogy", genealogy_folder)

    before = terminal.json("recall", "R1", "--as-of", "2020-01-01")
    told = terminal.run("recall", "R1", "--as-of", "2020-01-01").stdout
    today = terminal.json("recall", "R1")

    assert (before["complete"], before["gaps"]) == (False, ["not_yet"])
    assert told.startswith("Not complete: At that moment the records did not know of it yet")
    assert today["complete"] is True
    assert "gaps" not in today


def test_recall_for_people_names_items_and_customers(terminal, genealogy_folder):
    terminal.json("import", "genealogy", genealogy_folder)

    done = terminal.run("recall", "R1")

    assert done.returncode == 0, done.stderr
    assert "4 lots affected: 4 certain, 0 possible" in done.stdout
    assert ["SHOP", "Shipped", "SHIP", "1", "1", "pcs"] in [line.split() for line in done.stdout.splitlines()]
    assert "Every quantity is accounted for." in done.stdout


def test_recall_of_a_code_of_two_items_has_a_line_for_each_at_a_place(terminal, genealogy_folder):
    terminal.json("import", "genealogy", genealogy_folder)
    ensure_items([ItemSpec("OIL", unit="kg"), ItemSpec("LID", unit="pcs")])
    moves = [Move(LotRef(item, "X1"), quantity * MICRO, "MILL", "SITE") for item, quantity in (("OIL", 30), ("LID", 7))]
    draft = Draft(kind=FactKind.RECEIVE, happened_at=datetime(2026, 1, 1, tzinfo=UTC), key="two", moves=tuple(moves))
    append(plant=get_plant(), drafts=[draft])

    answer = terminal.json("recall", "X1")
    lines = [line.split() for line in terminal.run("recall", "X1").stdout.splitlines()]

    (place,) = answer["places"]
    assert [(one["item"], one["quantity"], one["unit"]) for one in place["totals"]] == [("LID", "7", "pcs"), ("OIL", "30", "kg")]
    assert ["LID", "1", "7", "pcs"] in [line[-4:] for line in lines]
    assert ["OIL", "1", "30", "kg"] in [line[-4:] for line in lines]


def test_balance_of_a_lot_and_of_an_item_close(terminal, genealogy_folder):
    terminal.json("import", "genealogy", genealogy_folder)

    lot, item = terminal.json("balance", "R1"), terminal.json("balance", "FLOUR")

    for answer in (lot, item):
        (line,) = answer["lines"]
        assert (line["item"], line["received"], line["consumed"], line["on_hand"], line["residue"]) == ("FLOUR", "100", "100", "0", "0")
        assert answer["closes"] is True


def test_balance_that_does_not_close_says_so_and_fails(terminal, genealogy_folder):
    with (genealogy_folder / "lots.csv").open("a", encoding="utf-8") as lots:
        lots.write("R3,FLOUR,raw,10,kg,2026-01-01T00:00:00Z,MILL\n")
    terminal.json("import", "genealogy", genealogy_folder)
    Balance.objects.group_wide().filter(lot__code="R3").update(quantity=11_000_000)

    done = terminal.run("balance", "R3")

    assert done.returncode == 1
    assert "The records do not explain every quantity." in done.stdout
    assert ["not", "explained", "-1"] in [line.split() for line in done.stdout.splitlines()]


def test_replay_check_names_what_differs_and_replay_repairs_it(terminal, genealogy_folder):
    terminal.json("import", "genealogy", genealogy_folder)
    Balance.objects.group_wide().filter(lot__code="S1").update(quantity=2_000_000)

    checked = terminal.json("replay", "--check", code=1)
    repaired = terminal.json("replay")

    assert (checked["equal"], len(checked["differences"]), checked["repaired"]) == (False, 1, False)
    assert "S1" in checked["differences"][0]
    assert repaired["repaired"] is True
    assert terminal.json("replay", "--check")["equal"] is True


def test_balance_of_an_unknown_code_is_an_error(terminal, genealogy_folder):
    terminal.json("import", "genealogy", genealogy_folder)

    assert terminal.json("balance", "NOBODY", code=1)["error"] == "Nothing here carries the code NOBODY."


def test_several_plants_need_a_name(terminal, genealogy_folder):
    terminal.json("init", "--no-input", "--plant-code", "A")
    terminal.json("init", "--no-input", "--plant-code", "B")

    unnamed = terminal.json("import", "genealogy", genealogy_folder, code=1)
    named = terminal.json("import", "genealogy", genealogy_folder, "--plant", "B")
    unknown = terminal.json("balance", "R1", "--plant", "C", code=1)

    assert unnamed["error"] == "There are several plants: A, B."
    assert named["lots"] == 5
    assert unknown["error"] == "There is no plant C."
    assert terminal.json("balance", "R1", "--plant", "A", code=1)["error"] == "Nothing here carries the code R1."


def test_coverage_counts_finished_lots_and_names_the_gap(terminal, genealogy_folder):
    with (genealogy_folder / "lots.csv").open("a", encoding="utf-8") as lots:
        lots.write("U9,BREAD,unit,1,pcs,2026-01-03T00:00:00Z,\n")
    terminal.json("import", "genealogy", genealogy_folder)

    answer = terminal.json("coverage")
    earlier = terminal.json("coverage", "--to", "2026-01-02")

    assert answer["total"] == 2
    assert ("U9", "no_source") in [(gap["lot"], gap["kind"]) for gap in answer["gaps"]]
    assert (earlier["total"], earlier["permille"]) == (0, None)
    assert "U9" in terminal.run("coverage").stdout


def test_units_are_named_in_the_language_of_the_terminal_and_coded_for_machines(terminal, genealogy_folder):
    terminal.json("import", "genealogy", genealogy_folder)

    chinese = terminal.run("recall", "R1", LOTLINE_LANG="zh").stdout
    english = terminal.run("recall", "R1").stdout

    assert "件" in chinese
    assert "pcs" not in chinese
    assert "pcs" in english
    assert terminal.json("recall", "R1")["customers"][0]["totals"][0]["unit"] == "pcs"
    assert (
        "（件）" in terminal.run("balance", "U1", LOTLINE_LANG="zh").stdout
        or "(件)" in terminal.run("balance", "U1", LOTLINE_LANG="zh").stdout
    )
