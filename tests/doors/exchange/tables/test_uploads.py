"""Files that wait in HOME/imports."""

from __future__ import annotations

import os
import stat
import time
import uuid

import pytest

from lotline.doors.exchange.tables import uploads
from lotline.doors.exchange.tables.cells import UnreadableTable
from lotline.doors.exchange.tables.uploads import NoSuchUpload, StoredUpload, find_upload, finish_upload, keep_upload, sweep_uploads
from lotline.records.places.actions import create_plant

pytestmark = pytest.mark.django_db
USER = uuid.UUID(int=7)


@pytest.fixture
def home(settings, tmp_path):
    settings.HOME = tmp_path
    return tmp_path / "imports"


@pytest.fixture
def plant():
    return create_plant(code="P1", name="Plant")


def keep(plant, name="a.csv"):
    return keep_upload(plant=plant, user_id=USER, name=name, chunks=[b"a,b\n", b"1,2\n"])


def test_an_upload_is_kept_under_a_random_name_that_only_the_owner_finds(plant, home):
    kept = keep(plant, "..\\..\\来料 台账.xlsx")

    assert kept.name == "来料 台账.xlsx"
    assert kept.path.parent == home
    assert kept.path.read_bytes() == b"a,b\n1,2\n"
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert find_upload(plant=plant, user_id=USER, token=kept.token) == kept
    with pytest.raises(NoSuchUpload):
        find_upload(plant=plant, user_id=uuid.UUID(int=8), token=kept.token)
    with pytest.raises(NoSuchUpload):
        find_upload(plant=create_plant(code="P2", name="Other"), user_id=USER, token=kept.token)


@pytest.mark.parametrize("token", ["", "../secret.key", "a" * 43, "a" * 42 + "/", "x.json"])
def test_a_token_that_was_never_given_finds_nothing(plant, home, token):
    keep(plant)

    with pytest.raises(NoSuchUpload):
        find_upload(plant=plant, user_id=USER, token=token)


def test_a_file_that_is_too_large_or_empty_leaves_nothing(plant, home, monkeypatch):
    monkeypatch.setattr(uploads, "LARGEST_FILE", 5)

    for chunks in ([b"abc", b"def"], []):
        with pytest.raises(UnreadableTable):
            keep_upload(plant=plant, user_id=USER, name="a", chunks=chunks)

    assert list(home.iterdir()) == []


def test_stored_and_day_old_files_are_gone_and_what_was_stored_is_told_for_a_day(plant, home):
    first, second, third = keep(plant), keep(plant), keep(plant)
    finish_upload(first, {"facts": 3})
    old = time.time() - uploads.KEPT_SECONDS - 1
    for path in home.glob(f"{second.token}*"):
        os.utime(path, (old, old))

    assert sweep_uploads() == 1
    assert sorted(path.name for path in home.iterdir()) == sorted([f"{first.token}.json", third.token, f"{third.token}.json"])
    with pytest.raises(StoredUpload) as stored:
        find_upload(plant=plant, user_id=USER, token=first.token)
    assert stored.value.outcome == {"facts": 3}
