from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import polib
import pytest

from lotline.project import home
from lotline.project.database import POSTGRES_OPTIONS, BadDatabaseUrl, database_settings
from lotline.project.home import HomeNotWritable, data_folder, secret_key
from lotline.project.messages import compiled_messages
from lotline.project.proxy import client_behind_proxy, client_of_connection

HOME = Path("/data")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("", "/data/lotline.sqlite3"),
        ("sqlite:///plant.sqlite3", "plant.sqlite3"),
        ("sqlite:////srv/a%20plant.sqlite3", "/srv/a plant.sqlite3"),
    ],
)
def test_database_settings_of_embedded_database(url, name):
    found = database_settings(url, HOME)

    assert (found["ENGINE"], found["NAME"]) == ("lotline.project.sqlite3", name)


def test_database_settings_of_postgresql_keep_every_part():
    found = database_settings("postgresql://a%40b:p%2Fw@db.example:6432/plant?sslmode=require", HOME)

    parts = [found[key] for key in ("ENGINE", "USER", "PASSWORD", "HOST", "PORT", "NAME")]
    assert parts == ["django.db.backends.postgresql", "a@b", "p/w", "db.example", "6432", "plant"]
    assert found["OPTIONS"] == {"sslmode": "require", "options": POSTGRES_OPTIONS}


def test_options_in_the_address_of_postgresql_replace_ours():
    found = database_settings("postgresql://db.example/plant?options=-c%20work_mem%3D8MB", HOME)

    assert found["OPTIONS"] == {"options": "-c work_mem=8MB"}


def test_database_settings_of_postgresql_by_socket():
    assert database_settings("postgresql:///plant?host=/run/postgresql", HOME)["HOST"] == "/run/postgresql"


@pytest.mark.parametrize("url", ["mysql://a/b", "plant.sqlite3", "sqlite://", "sqlite:///"])
def test_database_settings_refuse_other_addresses_with_the_accepted_forms(url):
    with pytest.raises(BadDatabaseUrl, match="sqlite:///"):
        database_settings(url, HOME)


def test_data_folder_is_made_where_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("LOTLINE_HOME", str(tmp_path / "a" / "b"))

    assert data_folder() == tmp_path / "a" / "b"
    assert (tmp_path / "a" / "b").is_dir()


def test_data_folder_that_cannot_be_made_says_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LOTLINE_HOME", str(tmp_path / "file" / "b"))

    with pytest.raises(HomeNotWritable, match="Set LOTLINE_HOME to a folder"):
        data_folder()


def test_data_folder_that_may_not_be_written_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("LOTLINE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere, so no real folder would do

    with pytest.raises(HomeNotWritable, match="not writable"):
        data_folder()


def test_default_folder_of_a_read_only_checkout_is_the_users_own(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    assert home.default_folder() == tmp_path / "lotline"


def test_secret_key_is_made_once_and_is_for_its_owner_only(tmp_path, monkeypatch):
    monkeypatch.delenv("LOTLINE_SECRET_KEY", raising=False)

    first = secret_key(tmp_path)

    assert secret_key(tmp_path) == first
    assert len(first) >= 48
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


@pytest.fixture
def words(tmp_path):
    """A folder with one translated and one unfinished message."""
    source = tmp_path / "locale"
    folder = source / "zh_Hans/LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgid="Lot", msgstr="批次"))
    catalogue.append(polib.POEntry(msgid="Place", msgstr="位置?", flags=["fuzzy"]))
    catalogue.save(str(folder / "django.po"))
    return source


def compiled(folder):
    return {entry.msgid: entry.msgstr for entry in polib.mofile(str(folder / "zh_Hans/LC_MESSAGES/django.mo"))}


def test_compiled_messages_lie_beside_their_source_without_unfinished_ones(words, tmp_path):
    folder = compiled_messages(words, tmp_path / "home")

    assert (folder, compiled(folder)) == (words, {"Lot": "批次"})


def test_compiled_messages_follow_an_edit(words, tmp_path):
    compiled_messages(words, tmp_path / "home")
    file = words / "zh_Hans/LC_MESSAGES/django.po"
    file.write_text(file.read_text(encoding="utf-8").replace("批次", "批号"), encoding="utf-8")
    later = (words / "zh_Hans/LC_MESSAGES/django.mo").stat().st_mtime_ns + 1_000_000
    os.utime(file, ns=(later, later))

    assert compiled(compiled_messages(words, tmp_path / "home")) == {"Lot": "批号"}


def test_compiled_messages_of_a_read_only_package_go_to_the_data_folder(words, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    folder = compiled_messages(words, tmp_path / "home")

    assert (folder, compiled(folder)) == (tmp_path / "home/locale", {"Lot": "批次"})
    assert not list(words.rglob("*.mo"))


# ---- behind a proxy -----------------------------------------------------------------------------------------------------------------


def settings_with(tmp_path, **environment):
    """What a new process decides with this environment."""
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_PROXY_SSL_HEADER")
    program = f"import json; from lotline.project import settings as s; print(json.dumps([getattr(s, name) for name in {names}]))"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LOTLINE_")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**clean, "LOTLINE_HOME": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("origins", "secure"),
    [
        ("", False),
        ("https://a.example", True),
        ("https://a.example,https://b.example", True),
        ("https://a.example,http://10.0.0.5:8080", False),
    ],
)
def test_cookies_need_tls_only_where_every_origin_has_it(tmp_path, origins, secure):
    assert settings_with(tmp_path, LOTLINE_ORIGINS=origins) == [secure, secure, None]


def test_forwarded_scheme_is_believed_of_a_trusted_proxy_only(tmp_path):
    assert settings_with(tmp_path, LOTLINE_TRUSTED_PROXY="1")[2] == ["HTTP_X_FORWARDED_PROTO", "https"]


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("6.6.6.6, 10.0.0.7", "10.0.0.7"),
        ("10.0.0.7", "10.0.0.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("", "127.0.0.1"),
        ("forged", "127.0.0.1"),
    ],
)
def test_client_behind_a_proxy_is_the_last_one_that_was_forwarded(rf, forwarded, client):
    request = rf.get("/", HTTP_X_FORWARDED_FOR=forwarded)

    assert client_behind_proxy(request) == client
    assert client_of_connection(request) == "127.0.0.1"
