"""Accounts, roles and tokens at the terminal, and the record of every change of them."""

from __future__ import annotations

import pytest

from lotline.records.people.queries import authenticate_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(terminal):
    terminal.run("init", "--no-input", "--plant-code", "P1")
    terminal.run("user", "add", "scale-3", "--role", "operator", "--password", "a long password")
    return terminal


def test_a_revoked_token_opens_nothing_and_the_list_says_so(people):
    secret = people.json("user", "token", "scale-3", "--name", "scale")["token"]
    assert authenticate_token(secret) is not None

    shown = people.json("user", "tokens")["tokens"][0]
    done = people.run("user", "revoke", shown["id"][-8:])

    assert (shown["name"], shown["user"], shown["opens"]) == ("scale", "scale-3", True)
    assert done.returncode == 0, done.stderr
    assert authenticate_token(secret) is None
    assert not people.json("user", "tokens")["tokens"][0]["opens"]
    assert people.run("user", "revoke", shown["id"]).returncode == 1
    assert people.run("user", "revoke", "nonsense").returncode == 1


def test_an_account_that_is_off_is_not_let_in_until_it_is_on_again(people):
    secret = people.json("user", "token", "scale-3")["token"]

    people.run("user", "off", "scale-3")
    closed = authenticate_token(secret)
    people.run("user", "on", "scale-3")

    assert closed is None
    assert authenticate_token(secret) is not None


def test_every_change_of_who_may_do_what_is_logged_in_order(people):
    people.run("user", "grant", "scale-3", "warehouse")
    people.run("user", "withdraw", "scale-3", "operator")
    people.run("user", "token", "scale-3", "--name", "t")
    people.run("user", "revoke", "t")
    people.run("user", "off", "scale-3")
    people.run("user", "on", "scale-3")
    people.run("user", "password", "scale-3", "--password", "another long one")

    entries = people.json("user", "log", "--user", "scale-3")["entries"]

    assert [(one["what"], one["detail"]) for one in entries] == [
        ("added", "scale-3"),
        ("role_given", "operator"),
        ("role_given", "warehouse"),
        ("role_taken", "operator"),
        ("token_made", "t · read"),
        ("token_revoked", "t"),
        ("switched_off", ""),
        ("switched_on", ""),
        ("password_set", ""),
    ]


def test_init_after_an_import_still_makes_the_account_or_says_how(terminal, genealogy_folder):
    terminal.run("import", "genealogy", genealogy_folder)

    silent = terminal.run("init", "--no-input")
    made = terminal.run("init", "--no-input", "--admin", "boss")

    assert "Make the first account: lotline init --admin USERNAME" in silent.stdout
    assert "Account boss, password" in made.stdout
    assert [one["username"] for one in terminal.json("user", "list")["users"]] == ["boss"]
