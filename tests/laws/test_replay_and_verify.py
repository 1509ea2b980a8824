"""Law 9 and the chain: whatever is altered behind the journal's back is found, named and, for readings, put right."""

from __future__ import annotations

import json

import pytest
from django.db import connection

from lotline.core.canonical import sha256_hex, trusted_bytes
from lotline.records.journal.models import Balance, Fact, Posting
from lotline.records.journal.replay import check_replay, rebuild
from lotline.records.journal.verify import verify_chain
from lotline.records.places.keys import new_id
from lotline.records.places.models import Place
from tests.guards import guards_off
from tests.laws.factory import Carry, Disposition, draft, lot, make_plant, move, received, stock, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def plant():
    """Ten facts of every sort: births, a supplier's number, a late fact, a decision, holds, containers, a reversal."""
    plant = make_plant()
    received(plant, "1", 8, supplier="S1", supplier_lot="X-7", batch="b1")
    received(plant, "2", 5, item="CHECKED")
    write(plant, draft("inspect", subjects=(lot("2", "CHECKED"),), disposition=Disposition.RELEASED, hour=1))
    write(plant, draft("transform", move("1", 2, "A", "PROCESS"), move("9", 2, "PROCESS", "BOX"), hour=3, station="ST", operator="Li"))
    write(plant, draft("move", carries=(Carry("BOX", "A", "B"),), hour=4))
    write(plant, draft("move", move("1", 1, "A", "B"), hour=2))
    (hold,) = write(plant, draft("hold", subjects=(lot("1"),), hour=5))
    write(plant, draft("release", subjects=(lot("1"),), hour=6))
    write(plant, draft("hold", subjects=(lot("9"),), hold_place="B", hour=6))
    write(plant, draft("reverse", reverses=hold.fact_id))
    return plant


def tamper(statement: str, *params) -> None:
    """Change a row as somebody would who owns the database: the guards off, raw SQL."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with guards_off(connection), connection.cursor() as cursor:
        cursor.execute(statement, params)
        assert cursor.rowcount > 0


def found(plant) -> tuple[int, str]:
    failure = verify_chain(plant).failure
    assert failure is not None
    return failure.seq, failure.code


def test_an_untouched_journal_verifies_and_replays(plant):
    report = verify_chain(plant)

    assert (report.seq, report.failure) == (10, None)
    assert report.hash == Fact.objects.for_plant(plant).get(seq=10).hash
    assert check_replay(plant) == []


def test_an_empty_plant_verifies_and_replays():
    plant = make_plant()

    assert verify_chain(plant).ok
    assert check_replay(plant) == []


def test_progress_is_told_up_to_the_end(plant):
    told: list[tuple[int, int]] = []
    verify_chain(plant, progress=lambda done, total: told.append((done, total)))
    check_replay(plant, progress=lambda done, total: told.append((done, total)))

    assert told == [(10, 10), (10, 10)]


# ---- the chain --------------------------------------------------------------------------------------------------------------


def test_an_altered_body_is_found(plant):
    tamper("UPDATE journal_fact SET body = replace(body, 'because', 'for fun') WHERE seq = 4")

    report = verify_chain(plant)
    assert (report.seq, report.failure and report.failure.code) == (3, "body_altered")
    assert report.hash == Fact.objects.for_plant(plant).get(seq=3).hash


def test_an_altered_body_with_a_new_hash_breaks_the_link_after_it(plant):
    body = json.loads(Fact.objects.for_plant(plant).get(seq=4).body)
    body["reason"] = "for fun"
    forged = trusted_bytes(body)
    tamper("UPDATE journal_fact SET body = %s, hash = %s WHERE seq = 4", forged.decode(), sha256_hex(forged))

    assert found(plant) == (5, "link_broken")


def test_the_last_fact_altered_with_a_new_hash_does_not_fit_the_end(plant):
    body = json.loads(Fact.objects.for_plant(plant).get(seq=10).body)
    body["reason"] = "for fun"
    forged = trusted_bytes(body)
    tamper("UPDATE journal_fact SET body = %s, hash = %s WHERE seq = 10", forged.decode(), sha256_hex(forged))

    assert found(plant) == (10, "end_differs")


def test_a_body_with_the_same_meaning_in_other_bytes_is_found(plant):
    loose = Fact.objects.for_plant(plant).get(seq=4).body.replace(",", ", ")
    tamper("UPDATE journal_fact SET body = %s, hash = %s WHERE seq = 4", loose, sha256_hex(loose.encode()))

    assert found(plant) == (4, "not_canonical")


def remove(seq: int) -> None:
    """A fact and everything that names it, as a careful forger would."""
    for table in ("journal_posting", "journal_carriage", "journal_subject", "journal_reversal"):
        with guards_off(connection), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE seq = %s", [seq])
    tamper("DELETE FROM journal_hold WHERE place_id IS NULL")  # closed by the last fact
    tamper("DELETE FROM journal_fact WHERE seq = %s", seq)


def test_a_removed_fact_is_found_in_the_middle(plant):
    remove(6)

    assert found(plant) == (6, "fact_missing")


def test_removed_facts_at_the_end_are_found_by_the_head(plant):
    remove(10)

    assert found(plant) == (10, "fact_missing")


def test_facts_cut_off_together_with_the_head_do_not_fit_the_rest(plant):
    remove(10)
    tamper("UPDATE journal_head SET seq = 9")

    assert found(plant) == (9, "end_differs")


def test_two_facts_that_changed_places_are_found(plant):
    tamper("UPDATE journal_fact SET seq = -1 WHERE seq = 5")
    tamper("UPDATE journal_fact SET seq = 5 WHERE seq = 6")
    tamper("UPDATE journal_fact SET seq = 6 WHERE seq = -1")

    assert found(plant) == (5, "link_broken")


def test_a_fact_after_the_end_is_found(plant):
    tamper("UPDATE journal_head SET seq = 9, hash = (SELECT hash FROM journal_fact WHERE seq = 9)")

    assert found(plant) == (10, "after_the_end")


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ("kind = 'split'", "kind"), ("key = 'other'", "key"), ("source = 'scan'", "source"), ("station = 'X'", "station"),
        ("operator = ''", "operator"), ("document = 'D'", "document"), ("happened_at = '2026-03-02 09:00:00+00:00'", "happened_at"),
        ("recorded_at = '2020-03-02 09:00:00+00:00'", "recorded_at"),
    ],
)  # fmt: skip
def test_a_column_that_does_not_say_what_the_body_says_is_found(plant, change, column):
    tamper(f"UPDATE journal_fact SET {change} WHERE seq = 4")

    failure = verify_chain(plant).failure
    assert failure is not None
    assert (failure.seq, failure.code, failure.detail) == (4, "column_differs", column)


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("UPDATE journal_posting SET quantity = quantity + 1 WHERE seq = 4", 4),
        ("UPDATE journal_posting SET role = 0 WHERE seq = 4", 4),
        ("UPDATE journal_posting SET certain = 0 WHERE seq = 6", 6),
        ("UPDATE journal_posting SET at_us = at_us + 1 WHERE seq = 1", 1),
        ("UPDATE journal_posting SET origin_id = (SELECT id FROM places_place WHERE code = 'S2') WHERE seq = 1", 1),
        ("DELETE FROM journal_posting WHERE seq = 4 AND role = 2", 4),
        ("DELETE FROM journal_carriage", 5),
        ("UPDATE journal_subject SET lot_id = (SELECT id FROM catalog_lot WHERE code = '9') WHERE seq = 3", 3),
        ("DELETE FROM journal_reversal", 10),
    ],
)
def test_a_row_that_does_not_say_what_the_body_says_is_found(plant, statement, seq):
    tamper(statement)

    assert found(plant) == (seq, "rows_differ")


def test_a_renamed_lot_is_found_where_it_was_born(plant):
    tamper("UPDATE catalog_lot SET code = '1b' WHERE code = '1'")

    assert found(plant) == (1, "name_unknown")


def test_a_row_that_no_fact_knows_of_is_found(plant):
    rows = Posting.objects.for_plant(plant)
    stranger = rows.get(seq=1)
    stranger.pk, stranger.fact_id, stranger.seq = new_id(), new_id(), 99
    stranger.save(force_insert=True)

    failure = verify_chain(plant).failure
    assert failure is not None
    assert (failure.code, failure.detail) == ("row_without_fact", "journal_posting")


def test_only_the_plant_that_was_altered_fails(plant):
    other = make_plant("P2")
    received(other, "1", 1)
    tamper("UPDATE journal_fact SET body = replace(body, 'because', 'for fun') WHERE seq = 4")

    assert verify_chain(other).ok
    assert not verify_chain(plant).ok


# ---- readings ---------------------------------------------------------------------------------------------------------------

DAMAGE = {
    "balance wrong": ("UPDATE journal_balance SET quantity = quantity + 1 WHERE place_id IN (SELECT id FROM places_place WHERE code = 'A')", "balance"),
    "balance gone": ("DELETE FROM journal_balance", "balance"),
    "balance at the wrong place": (
        "UPDATE journal_balance SET place_id = (SELECT id FROM places_place WHERE code = 'PALLET') WHERE quantity = 2000000",
        "balance",
    ),
    "status": ("UPDATE catalog_lot SET status = 'rejected' WHERE code = '1'", "lot"),
    "moved": ("UPDATE catalog_lot SET moved_at_us = 0", "lot"),
    "decided": ("UPDATE catalog_lot SET decided_at_us = NULL", "lot"),
    "expiry": ("UPDATE catalog_lot SET expires_at = '2030-01-01 00:00:00+00:00'", "lot"),
    "batch": ("UPDATE catalog_lot SET batch = ''", "lot"),
    "hold gone": ("DELETE FROM journal_hold", "hold"),
    "hold open": ("UPDATE journal_hold SET closed_by_id = NULL, closed_at_us = NULL WHERE place_id IS NULL", "hold"),
    "hold elsewhere": ("UPDATE journal_hold SET place_id = NULL WHERE place_id IS NOT NULL", "hold"),
    "origin gone": ("DELETE FROM catalog_lotorigin", "origin"),
    "container": ("UPDATE places_place SET parent_id = (SELECT id FROM places_place WHERE code = 'A') WHERE code = 'BOX'", "place"),
    "head": ("UPDATE journal_head SET hash = ''", "head"),
    "head gone": ("DELETE FROM journal_head", "head"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_reading_is_found_and_put_right(plant, damage):
    statement, table = DAMAGE[damage]
    tamper(statement)

    differences = check_replay(plant)
    assert {difference.table for difference in differences} == {table}

    assert rebuild(plant) == differences
    assert check_replay(plant) == []
    assert verify_chain(plant).ok
    # The journal goes on where it was.
    write(plant, draft("move", move("1", 5, "A", "B"), hour=7))
    assert stock(plant)["1", "B"] == 6


def test_an_invented_balance_is_found_and_removed(plant):
    row = Balance.objects.for_plant(plant).get(lot__code="9")
    Balance.objects.create(plant=plant, lot_id=row.lot_id, place_id=plant_place(plant, "A"), quantity=1, inside=True)

    (difference,) = check_replay(plant)
    assert (difference.row, difference.stored, difference.replayed) == (("BEEF", "9", "A"), (1,), None)
    rebuild(plant)
    assert check_replay(plant) == []


def plant_place(plant, code: str):
    return Place.objects.for_plant(plant).get(code=code).pk


def test_readings_are_rebuilt_from_nothing(plant):
    with guards_off(connection), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in (
            "DELETE FROM journal_balance",
            "DELETE FROM journal_hold",
            "DELETE FROM catalog_lotorigin",
            "DELETE FROM catalog_supplierlot",
            "DELETE FROM journal_head",
        ):
            cursor.execute(statement)
        cursor.execute("UPDATE catalog_lot SET status = 'pending', moved_at_us = 0, decided_at_us = NULL")

    assert check_replay(plant)
    rebuild(plant)
    assert check_replay(plant) == []


def test_items_that_change_later_do_not_change_what_old_lots_were(plant):
    """A lot keeps the shelf life and the need of a release that its item had on the day of its birth."""
    received(plant, "f", 1, item="FRESH")
    (inspected,) = write(plant, draft("inspect", subjects=(lot("2", "CHECKED"),), disposition=Disposition.REJECTED, hour=8))
    tamper("UPDATE catalog_item SET shelf_life_days = 99, release_required = %s", True)
    (first,) = Fact.objects.for_plant(plant).filter(kind="inspect").order_by("seq")[:1]
    write(plant, draft("reverse", reverses=inspected.fact_id), draft("reverse", reverses=first.pk))

    assert check_replay(plant) == []
    assert verify_chain(plant).ok
