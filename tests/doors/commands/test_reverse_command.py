"""Taking back facts and whole imports, and importing corrected files after it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db(transaction=True)


def balance_of(terminal, code):
    return {(line["item"], name): line[name] for line in terminal.json("balance", code)["lines"] for name in ("on_hand", "consumed")}


def correct(folder, file, old, new):
    path = folder / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_a_changed_row_is_named_with_what_differs_and_the_way_out(terminal, genealogy_folder):
    terminal.run("import", "genealogy", genealogy_folder)
    correct(genealogy_folder, "lots.csv", "R1,FLOUR,raw,100,", "R1,FLOUR,raw,120,")

    refused = terminal.json("import", "genealogy", genealogy_folder, code=1)

    (problem,) = refused["problems"]
    assert (problem["file"], problem["line"], problem["code"]) == ("lots.csv", 2, "changed_since_import")
    assert "R1: 100 → 120" in problem["detail"]
    assert "lotline reverse NUMBER --reason" in refused["errors"][1]


def test_a_whole_import_is_taken_back_and_comes_again_corrected(terminal, genealogy_folder):
    number = terminal.json("import", "genealogy", genealogy_folder)["import_number"]
    correct(genealogy_folder, "lots.csv", "R1,FLOUR,raw,100,", "R1,FLOUR,raw,120,")

    tried = terminal.json("reverse", "--import", number, "--reason", "wrong weights", "--dry-run")
    before = terminal.json("verify")["facts"]
    taken_back = terminal.json("reverse", "--import", number, "--reason", "wrong weights")
    listed = terminal.json("import", "list")["imports"]
    again = terminal.json("import", "genealogy", genealogy_folder, "--again")

    assert tried["facts"] == taken_back["facts"] == before
    assert [(one["number"], one["facts"], one["standing"]) for one in listed] == [(number, before, 0)]
    assert (again["replayed"], again["import_number"]) == (0, number + 1)
    assert balance_of(terminal, "R1")["FLOUR", "on_hand"] == "20"
    assert terminal.json("verify")["whole"]
    assert terminal.run("replay", "--check").returncode == 0
    assert terminal.json("import", "genealogy", genealogy_folder)["import_number"] == 0


def test_what_was_taken_back_stays_so_when_the_same_files_come_without_the_wish(terminal, genealogy_folder):
    terminal.run("import", "genealogy", genealogy_folder)
    terminal.run("reverse", "--import", 1, "--reason", "a trial")

    same = terminal.json("import", "genealogy", genealogy_folder)

    assert same["facts"] == same["replayed"]
    assert terminal.json("import", "list")["imports"][0]["standing"] == 0


def test_an_import_on_which_later_facts_stand_is_refused_with_nothing_changed(terminal, genealogy_folder):
    correct(genealogy_folder, "lots.csv", "R1,FLOUR,raw,100,", "R1,FLOUR,raw,200,")
    terminal.run("import", "genealogy", genealogy_folder)
    for file, row in (
        ("lots.csv", "U2,CAKE,unit,1,pcs,2026-02-03T00:00:00Z,\n"),
        ("events.csv", "E9,process,2026-02-03T00:00:00Z\n"),
        ("links.csv", "R1,U2,50,E9,\n"),
    ):
        with (genealogy_folder / file).open("a", encoding="utf-8") as handle:
            handle.write(row)
    second = terminal.json("import", "genealogy", genealogy_folder)
    before = terminal.json("verify")["facts"]

    refused = terminal.json("reverse", "--import", 1, "--reason", "wrong", code=1)

    assert second["import_number"] == 2
    assert "needed by what came later" in refused["error"]
    assert len(refused["errors"]) > 1
    assert terminal.json("verify")["facts"] == before


def test_a_single_fact_is_taken_back_by_its_number_and_only_with_a_reason(terminal, genealogy_folder):
    terminal.run("import", "genealogy", genealogy_folder)
    last = terminal.json("verify")["facts"]

    silent = terminal.run("reverse", last)
    unknown = terminal.run("reverse", 4711, "--reason", "x")
    tried = terminal.run("reverse", last, "--reason", "not shipped", "--dry-run")
    done = terminal.run("reverse", last, "--reason", "not shipped")
    once_more = terminal.json("reverse", last, "--reason", "not shipped")

    assert (silent.returncode, unknown.returncode, done.returncode) == (1, 1, 0)
    assert "1 fact would be taken back." in tried.stdout
    assert once_more["by"] == [last + 1]
    assert "needs a reason" in silent.stderr
    assert "no fact 4711" in unknown.stderr
    assert "1 fact taken back." in done.stdout
    assert terminal.json("verify")["facts"] == last + 1


def test_rows_of_nothing_but_commas_are_left_out(terminal, genealogy_folder):
    for file, row in (("lots.csv", ",,,,,,\n"), ("events.csv", ",,\n"), ("links.csv", " ,,,,\n")):
        with (genealogy_folder / file).open("a", encoding="utf-8") as handle:
            handle.write(row)

    assert terminal.json("import", "genealogy", genealogy_folder)["lots"] == 5
