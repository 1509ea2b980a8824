"""init, user, doctor, migrate, help: what somebody needs who runs Lotline."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

LOTLINE = Path(sys.executable).with_name("lotline")


def test_help_answers_fast_without_loading_django():
    command = [str(LOTLINE.with_name("python")), "-X", "importtime", str(LOTLINE), "--help"]

    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LOTLINE_LANG": "en"})

    assert done.returncode == 0
    assert "django" not in done.stderr
    assert {
        "init",
        "demo",
        "serve",
        "import",
        "trace",
        "recall",
        "balance",
        "coverage",
        "replay",
        "verify",
        "backup",
        "restore",
        "user",
        "doctor",
    } <= set(done.stdout.split())


def test_init_without_input_makes_plant_and_owner_and_does_it_once(fresh_terminal):
    first = fresh_terminal.json("init", "--no-input", "--plant-code", "P1", "--plant-name", "Pouches", "--admin", "boss")
    again = fresh_terminal.json("init", "--no-input")

    users = fresh_terminal.json("user", "list")["users"]
    assert (first["plant"], first["created"], again["plant"], again["created"]) == ("P1", True, "P1", False)
    assert len(first["password"]) >= 12
    assert [(one["username"], one["roles"]) for one in users] == [("boss", [{"plant": "P1", "role": "owner"}])]


def test_init_refuses_a_weak_password_and_an_unknown_zone(fresh_terminal):
    weak = fresh_terminal.run("init", "--no-input", "--admin", "boss", "--password", "12345678")
    zone = fresh_terminal.run(
        "init", "--no-input", "--time-zone", "Moon/Base", LOTLINE_HOME=fresh_terminal.environment["LOTLINE_HOME"] + "2"
    )

    assert (weak.returncode, zone.returncode) == (1, 1)
    assert "too common" in weak.stderr
    assert "There is no time zone Moon/Base." in zone.stderr


def test_a_token_of_an_account_is_shown_once_and_works_in_the_plant(terminal):
    from lotline.records.people.models import Token
    from lotline.records.people.queries import token_digest

    terminal.json("init", "--no-input")
    terminal.json("user", "add", "scale", "--role", "operator")

    made = terminal.json("user", "token", "scale", "--scope", "read", "--scope", "write_facts", "--days", "30")

    stored = Token.objects.group_wide().get()
    assert stored.digest == token_digest(made["token"])
    assert stored.scopes == ["read", "write_facts"]


@pytest.mark.one_engine("accounts know no engine")
def test_a_token_for_somebody_without_a_role_is_refused(terminal):
    terminal.json("init", "--no-input")
    terminal.json("user", "add", "stranger")

    done = terminal.run("user", "token", "stranger")

    assert (done.returncode, done.stdout) == (1, "")
    assert "has no role in MAIN" in done.stderr


@pytest.mark.one_engine("accounts know no engine")
def test_a_new_password_replaces_the_old_one(terminal, settings):
    from lotline.records.people.models import User

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]  # as in the process that set it

    terminal.json("init", "--no-input")
    terminal.json("user", "add", "anna", "--password", "correct horse battery")

    done = terminal.run("user", "password", "anna", "--password", "another good phrase")

    assert done.returncode == 0, done.stderr
    user = User.objects.get(username="anna")
    assert user.check_password("another good phrase")
    assert not user.check_password("correct horse battery")

    piped = terminal.run("user", "password", "anna", said="a phrase by a pipe\n")
    nothing = terminal.run("user", "password", "anna")

    assert (piped.returncode, piped.stderr) == (0, "")
    user.refresh_from_db()
    assert user.check_password("a phrase by a pipe")
    assert nothing.returncode == 1
    assert "No password was given.\nGive it with --password" in nothing.stderr


def unwell(report):
    """What the doctor found, but for one thing: the PostgreSQL server of the tests does without fsync, and he sees it."""
    codes = [finding["code"] for finding in report["findings"] if not finding["well"]]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW fsync")
            if cursor.fetchone() == ("off",):
                assert codes.count("durability") == 1
                codes.remove("durability")
    return codes


def test_doctor_finds_nothing_wrong_with_a_new_installation(terminal):
    terminal.json("init", "--no-input")

    report = json.loads(terminal.run("doctor", "--json").stdout)

    assert unwell(report) == []
    names = {finding["code"] for finding in report["findings"]}
    assert names == {"python", "folder", "space", "static", "database", "tables", "durability", "clock", "journal"}


def test_doctor_finds_a_head_that_does_not_fit_the_journal(terminal, genealogy_folder):
    from lotline.records.journal.models import Head

    terminal.json("import", "genealogy", genealogy_folder)
    Head.objects.group_wide().update(hash="0" * 64)

    report = terminal.json("doctor", code=1)

    assert unwell(report) == ["journal"]


def test_doctor_says_what_to_do_about_an_empty_database(fresh_terminal):
    done = fresh_terminal.run("doctor")

    assert done.returncode == 1
    assert "lotline migrate" in done.stdout


def test_doctor_and_readings_name_a_database_server_that_does_not_answer(fresh_terminal):
    nowhere = {"LOTLINE_DATABASE_URL": "postgresql://nobody:x@127.0.0.1:9/none"}

    doctor = fresh_terminal.run("doctor", **nowhere)
    trace = fresh_terminal.run("trace", "X", "--to", "sources", **nowhere)

    assert (doctor.returncode, trace.returncode) == (1, 1)
    for said in (doctor.stdout, trace.stderr):
        assert "LOTLINE_DATABASE_URL" in said
        assert "Traceback" not in said


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "sqlite:///"])
def test_an_address_that_names_no_database_is_one_sentence(fresh_terminal, url):
    done = fresh_terminal.run("trace", "X", "--to", "sources", LOTLINE_DATABASE_URL=url)

    assert done.returncode == 1
    assert done.stderr.startswith("Stopped: LOTLINE_DATABASE_URL is not usable")
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_database_is_one_sentence(fresh_terminal, tmp_path):
    (tmp_path / "x.sqlite3").write_text("this is not a database, only text, long enough to be looked at " * 20)

    done = fresh_terminal.run("trace", "X", "--to", "sources", LOTLINE_DATABASE_URL=f"sqlite:///{tmp_path / 'x.sqlite3'}")

    assert done.returncode == 1
    assert "damaged or not a database" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_of_a_newer_version_is_refused_untouched(fresh_terminal, tmp_path):
    url = {"LOTLINE_DATABASE_URL": f"sqlite:///{tmp_path / 'x.sqlite3'}"}
    assert fresh_terminal.run("init", "--no-input", **url).returncode == 0
    with sqlite3.connect(tmp_path / "x.sqlite3") as database:
        database.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('journal', '0999_tomorrow', '2030-01-01')")

    done = fresh_terminal.run("serve", "--port", "18798", **url)

    assert done.returncode == 1
    assert "newer version of Lotline (journal.0999_tomorrow)" in done.stderr


def test_a_data_folder_that_can_not_be_made_is_one_sentence(tmp_path, fresh_terminal):
    (tmp_path / "file").touch()

    done = fresh_terminal.run("doctor", LOTLINE_HOME=str(tmp_path / "file" / "home"))

    assert done.returncode == 1
    assert "Set LOTLINE_HOME" in done.stderr


def test_an_unknown_command_is_a_mistake_of_usage():
    done = subprocess.run([str(LOTLINE), "trce"], capture_output=True, text=True, check=False, env={**os.environ, "LOTLINE_LANG": "en"})

    assert done.returncode == 2
    assert "No such command" in done.stderr


def test_two_processes_that_start_together_on_a_new_folder_both_find_their_tables(fresh_terminal):
    processes = [fresh_terminal.start("init", "--no-input") for _ in range(2)]

    said = [process.communicate(timeout=60)[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0], said


def test_an_interrupted_command_leaves_no_lock_behind(fresh_terminal):
    process = fresh_terminal.start("init", "--no-input")
    time.sleep(0.8)
    process.kill()
    process.communicate(timeout=10)

    done = fresh_terminal.run("init", "--no-input")

    assert done.returncode == 0, done.stderr
    assert fresh_terminal.run("doctor").returncode == 0


@pytest.mark.postgres_only("creating a database is what a server is asked for")
def test_import_makes_the_database_on_the_server_where_it_does_not_exist(terminal, genealogy_folder):
    name = f"lotline_new_{os.getpid()}"
    base, _slash, _old = terminal.environment["LOTLINE_DATABASE_URL"].rpartition("/")
    try:
        imported = terminal.run("import", "genealogy", genealogy_folder, LOTLINE_DATABASE_URL=f"{base}/{name}")
        traced = terminal.run("trace", "S1", "--to", "sources", "--json", LOTLINE_DATABASE_URL=f"{base}/{name}")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')

    assert (imported.returncode, traced.returncode) == (0, 0), imported.stderr + traced.stderr
    assert '"lots": 4' in traced.stdout


def test_a_full_disk_is_called_so_whoever_noticed_it():
    from lotline.core.ledger import Problem, Refused
    from lotline.doors.commands.terminal import explained

    told = explained(Refused([Problem("storage_failed", {"detail": "database or disk is full"})]))

    assert told is not None
    reasons, advice = told
    assert reasons == ["The disk is full; nothing was stored."]
    assert advice.startswith("Free some space")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LOTLINE_LOG", "loud", "LOTLINE_LOG is “loud”"),
        ("LOTLINE_ORIGINS", "plant.example", "LOTLINE_ORIGINS is “plant.example”"),
        ("LOTLINE_DATABASE_URL", "postgresql://u@h:abc/x", "LOTLINE_DATABASE_URL is not usable"),
        ("LOTLINE_HOME", "/proc/nowhere", "The data folder can not be used"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_wrong_word_in_the_environment_is_answered_in_two_lines(terminal, name, value, said, language):
    done = terminal.run("user", "list", **{name: value, "LOTLINE_LANG": language})

    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) <= 2
    assert "Traceback" not in done.stderr
    assert language == "zh" or said in done.stderr


@pytest.mark.parametrize("value", ["abc", "0", "70000", "99999999999999"])
def test_a_port_that_is_none_is_answered_in_two_lines(terminal, value):
    done = terminal.run("serve", LOTLINE_PORT=value)

    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"Stopped: “{value}” is not a port.", "Give LOTLINE_PORT or --port a number from 1 to 65535."]
