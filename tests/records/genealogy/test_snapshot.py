"""A reading of several queries sees one moment of the journal, whoever writes meanwhile, and keeps nobody from writing."""

from __future__ import annotations

import gc
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, connections, transaction

from lotline.core.quantity import MICRO
from lotline.records.genealogy import mass_balance, recall
from lotline.records.genealogy.closure import To
from lotline.records.genealogy.dossier import lot_dossier
from lotline.records.genealogy.recall import recall_set
from lotline.records.genealogy.spread import in_order, spread_lots
from lotline.records.genealogy.states import view_lots
from lotline.records.genealogy.trace import trace
from lotline.records.genealogy.whereabouts import Map
from lotline.records.journal.store.snapshot import snapshot
from tests.records.genealogy.conftest import Factory

pytestmark = pytest.mark.django_db(transaction=True)
Elsewhere = Callable[[Callable[[], object]], object]


def open_here() -> bool:
    """Whether a transaction is open on the connection of this thread."""
    driver = connection.connection
    return bool(driver.in_transaction if connection.vendor == "sqlite" else driver.pgconn.transaction_status)


@pytest.fixture
def elsewhere(transactional_db: None) -> Iterator[Elsewhere]:
    """Runs something on another connection, and waits for it as long as a writer would be patient with another one, but no longer."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda work: pool.submit(work).result(timeout=20)
        pool.submit(connections.close_all).result()


@pytest.fixture
def made(transactional_db: None, factory: Factory) -> Factory:
    """RM-1 became FG-1 and FG-2, all at the bin A-1."""
    factory.receive("RM-1", 10)
    factory.make({"RM-1": 4}, {"FG-1": 4})
    factory.make({"RM-1": 4}, {"FG-2": 4})
    return factory


def test_what_is_written_between_two_queries_of_a_recall_is_not_in_its_figures(
    made: Factory, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
):
    real = mass_balance._flows

    def ship_meanwhile(*args, **more):
        monkeypatch.setattr(mass_balance, "_flows", real)
        elsewhere(lambda: made.ship("FG-1", 3))  # after the holdings were read, before the flows are
        return real(*args, **more)

    with recall_set(plant=made.plant, starts=made.start("RM-1")) as found:
        monkeypatch.setattr(mass_balance, "_flows", ship_meanwhile)
        summary = found.summary()

    assert summary.balance.closes
    assert summary.customers == ()
    assert {line.item: (line.on_hand, line.shipped) for line in summary.balance.lines} == {"FG": (8 * MICRO, 0), "RM": (2 * MICRO, 0)}
    with recall_set(plant=made.plant, starts=made.start("RM-1")) as found:
        later = found.summary()
    assert later.balance.closes
    assert {line.item: (line.on_hand, line.shipped) for line in later.balance.lines} == {"FG": (5 * MICRO, 3 * MICRO), "RM": (2 * MICRO, 0)}


def test_rows_that_are_read_after_somebody_wrote_are_of_the_moment_of_the_set(
    made: Factory, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(recall, "STREAM_CHUNK", 1)
    with recall_set(plant=made.plant, starts=made.start("RM-1")) as found:
        rows = found.rows()
        first = next(rows)
        elsewhere(lambda: made.ship("FG-2", 4))
        rest = list(rows)

    stays = {row.lot.code: [(stay.place.code, stay.quantity) for stay in row.stays] for row in (first, *rest)}
    assert stays == {"FG-1": [("A-1", 4 * MICRO)], "FG-2": [("A-1", 4 * MICRO)], "RM-1": [("A-1", 2 * MICRO)]}


def test_a_trace_and_its_quantities_are_of_one_moment(made: Factory, elsewhere: Elsewhere):
    with snapshot():
        whole = trace(plant=made.plant, starts=made.start("RM-1"), to=To.DESTINATIONS)
        elsewhere(lambda: made.ship("FG-1", 4))
        spread = list(spread_lots(whole=whole, lots=in_order(whole), places=Map(made.plant, whole.bounds)))

    assert [(one.lot.code, [stay.place.code for stay in one.stays]) for one in spread] == [("FG-1", ["A-1"]), ("FG-2", ["A-1"])]


def test_a_dossier_is_of_one_moment(made: Factory, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch):
    def ship_afterwards(*args, **more):
        found = view_lots(*args, **more)
        elsewhere(lambda: made.ship("FG-1", 1))
        return found

    monkeypatch.setattr("lotline.records.genealogy.dossier.view_lots", ship_afterwards)
    found = lot_dossier(plant=made.plant, lot=made.lot("FG-1"))

    assert found.lot.line.shipped == 0
    assert [event.fact.kind for event in found.events] == ["transform"]


def test_one_writes_again_on_the_same_connection_after_a_reading(made: Factory):
    with recall_set(plant=made.plant, starts=made.start("RM-1")) as found:
        found.summary()
        assert open_here()

    assert not open_here()
    made.ship("FG-1", 1)
    with recall_set(plant=made.plant, starts=made.start("RM-1")) as found:
        assert [total.spot.code for total in found.summary().customers] == ["CUS"]


def test_a_snapshot_within_a_snapshot_is_the_same_and_the_outer_one_ends_it(made: Factory, elsewhere: Elsewhere):
    with snapshot():
        with snapshot():
            before = trace(plant=made.plant, starts=made.start("RM-1"), to=To.DESTINATIONS).digest
        assert open_here()
        elsewhere(lambda: made.make({"RM-1": 1}, {"FG-3": 1}))
        assert trace(plant=made.plant, starts=made.start("RM-1"), to=To.DESTINATIONS).digest == before
    assert not open_here()
    assert trace(plant=made.plant, starts=made.start("RM-1"), to=To.DESTINATIONS).digest != before


def test_within_a_transaction_a_snapshot_leaves_it_as_it_is(made: Factory):
    with transaction.atomic():
        made.ship("FG-1", 1)
        with recall_set(plant=made.plant, starts=made.start("RM-1")) as found:
            assert [total.spot.code for total in found.summary().customers] == ["CUS"]
        assert connection.in_atomic_block
        made.ship("FG-1", 1)
    assert not open_here()


def test_an_error_ends_the_snapshot(made: Factory):
    with pytest.raises(DatabaseError), snapshot(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM no_such_table")

    assert not open_here()
    made.ship("FG-1", 1)


def test_a_set_that_is_forgotten_half_way_ends_the_snapshot(made: Factory):
    opened = recall_set(plant=made.plant, starts=made.start("RM-1"))
    rows = opened.__enter__().rows()
    next(rows)
    assert open_here()
    del rows, opened
    gc.collect()

    assert not open_here()
    made.ship("FG-1", 1)


def test_who_writes_within_a_snapshot_is_refused_and_does_not_write_in_vain(made: Factory):
    with snapshot():
        made.start("RM-1")
        with pytest.raises(Exception, match="transaction"):
            made.ship("FG-1", 1)
    made.ship("FG-1", 4)  # all of it is still there


@pytest.mark.one_engine("how long a writer of SQLite waits")
def test_a_reading_does_not_keep_a_writer_waiting_nor_wait_for_one(made: Factory):
    other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0, isolation_level=None)
    try:
        with recall_set(plant=made.plant, starts=made.start("RM-1")) as found:
            other.execute("BEGIN IMMEDIATE")  # at once, or "database is locked"
            other.execute("UPDATE places_place SET name = 'elsewhere' WHERE code = 'A-1'")
            other.execute("COMMIT")
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            assert found.summary().lots == 3
            with recall_set(plant=made.plant, starts=made.start("FG-1")) as another:
                assert another.summary().lots == 1
            assert time.monotonic() - began < 10  # patience with a lock would be thirty seconds
            other.execute("ROLLBACK")
    finally:
        other.close()
