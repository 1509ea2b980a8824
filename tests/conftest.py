"""Two engines, one suite; and a browser.

SQLite is the default, in a file and not in memory, because several tests start real processes. With LOTLINE_DATABASE_URL set to a
PostgreSQL server the same tests run there: `./run test --postgres tests/records`.

A test that uses the database belongs to both engines without saying so. One that does not say why not
(``one_engine``, ``postgres_only``) or drives a browser is run once.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations
from hypothesis import HealthCheck
from hypothesis import settings as trying

from tests import chromium as browser_of_machine
from tests.guards import flush_unguarded

# Processes that tests start are the product, with the product's settings; pytest-django has set the tests' own for this process.
os.environ["DJANGO_SETTINGS_MODULE"] = "lotline.project.settings"

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "django_db_setup", "live_server", "database_url"}
REQUIRED = os.environ.get("LOTLINE_REQUIRE_ENGINES") == "1"
# A busy machine is no mistake of the code: no test fails because of the time that it took.
trying.register_profile("lotline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
trying.load_profile("lotline")
ON_POSTGRES = os.environ.get("LOTLINE_DATABASE_URL", "").startswith("postgres")


# ---- what runs where ----------------------------------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)  # before -m looks at the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    elsewhere = [item for item in items if item.get_closest_marker("postgres_only") and not ON_POSTGRES]
    if elsewhere:
        items[:] = [item for item in items if item not in elsewhere]
        config.hook.pytest_deselected(items=elsewhere)
    missing = None if browser_of_machine.find_chromium() else "there is no Chromium on this machine"
    for item in items:
        if uses_database(item) and not any(item.get_closest_marker(name) for name in ("one_engine", "browser")):
            item.add_marker("engines")
        if missing and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=missing))


def uses_database(item: pytest.Item) -> bool:
    """Whether the test reaches Django's database, by mark or by fixture."""
    if item.get_closest_marker("django_db") or item.get_closest_marker("postgres_only"):
        return True
    return bool(DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped engine or browser test is a failure: there, nothing it needs may be missing."""
    report = yield
    needs_much = item.get_closest_marker("engines") or item.get_closest_marker("browser")
    if REQUIRED and needs_much and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which is not allowed here: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each reason for which tests were skipped, however many they are."""
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.getreports("skipped")
        if isinstance(report.longrepr, tuple)
    )
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"SKIPPED {count} tests: {reason}", yellow=True)


# ---- the database -------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite's test database is a file, so that other processes can open it."""
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        file = tmp_path_factory.mktemp("database") / "lotline.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(file)


@pytest.fixture(scope="session", autouse=True)
def tables_that_can_be_emptied() -> Iterator[None]:
    """Lets ``transactional_db`` empty the append-only tables after a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", flush_unguarded)
        yield


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """The address of the test database, for a process that the test starts. Its rows are committed and removed after the test."""
    parts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(str(parts['NAME']))}"
    user, host, name = (quote(str(parts[key]), safe="") for key in ("USER", "HOST", "NAME"))
    password = f":{quote(parts['PASSWORD'], safe='')}" if parts["PASSWORD"] else ""
    return f"postgresql://{user}{password}@{host}:{parts['PORT'] or 5432}/{name}"


@pytest.fixture
def process_environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    """Environment variables for a process that the test starts: the test database and a data folder of its own."""
    return {**os.environ, "LOTLINE_DATABASE_URL": database_url, "LOTLINE_HOME": str(tmp_path / "home")}


# ---- the browser --------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium() -> Iterator[browser_of_machine.Browser]:
    """The machine's Chromium, started once."""
    with browser_of_machine.started_chromium() as browser:
        yield browser


@pytest.fixture
def open_page(chromium: browser_of_machine.Browser) -> Iterator[Callable[..., browser_of_machine.Page]]:
    """Opens pages, each with cookies of its own: ``open_page(width=390, height=844, language="en")``. Closed after the test.

    A page that reports an error on its console, or an exception in its scripts, fails the test.
    """
    with browser_of_machine.pages_of(chromium) as opened:
        yield opened.open
    assert opened.errors == []


@pytest.fixture
def page(open_page: Callable[..., browser_of_machine.Page]) -> browser_of_machine.Page:
    """A page of an office screen, in Chinese."""
    return open_page()
