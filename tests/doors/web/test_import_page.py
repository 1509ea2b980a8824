"""Importing on a page: columns, preview, bad rows, all or nothing."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from lotline.doors.exchange.tables.uploads import find_upload
from lotline.doors.exchange.tables.work import Overtaken, working_on
from lotline.project import import_desk
from lotline.records.catalog.models import Item, Lot, Unit
from lotline.records.journal.models import Fact
from lotline.records.people.choices import Role
from tests.doors.web.plant_of_pages import make_user

pytestmark = pytest.mark.django_db

HEAD = "lot,item,quantity,unit,received at,supplier,supplier lot,place,remark"
GOOD = f"{HEAD}\nB-1,BEEF,500,kg,2026-03-02 08:00,FARM,F-1,BIN-1,early\nS-1,SALT,200,kg,2026-03-02 09:00,MINE,M-1,BIN-1,\n"
BAD = f"{HEAD}\nB-1,BEEF,500,kg,2026-03-02 08:00,FARM,F-1,BIN-1,early\nS-1,SALT,much,kg,2026-03-02 09:00,MINE,M-1,BIN-1,\n"


def bring(client, text, *, name="receipts.csv", **more):
    content = text if isinstance(text, bytes) else text.encode()
    return client.post("/import", {"file": SimpleUploadedFile(name, content), **more})


def fields_of(html, action=""):
    """What the last form of the page that posts would send (to ``action``)."""
    forms = re.findall(r"<form[^>]*method=\"post\"[^>]*>.*?</form>", html, re.DOTALL)
    form = next(
        one
        for one in reversed(forms)
        if action in one.split(">")[0] and "sign-out" not in one.split(">")[0] and "/language" not in one.split(">")[0]
    )
    fields = {}
    for tag in re.findall(r"<input [^>]*>", form):
        attributes = dict(re.findall(r'(\w[\w-]*)="([^"]*)"', tag))
        if attributes.get("type") != "checkbox" or " checked" in tag:
            fields[attributes["name"]] = attributes.get("value", "")
    for name, options in re.findall(r'<select [^>]*name="([^"]+)">(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        fields[name] = chosen[1] if chosen else re.findall(r'<option value="([^"]*)"', options)[0]
    fields.pop("csrfmiddlewaretoken", None)
    return fields


def preview(client, text, **more):
    """(address of the file, page of the preview)."""
    address = bring(client, text, **more)["Location"]
    columns = client.get(address).content.decode()
    return address, client.post(address, fields_of(columns)).content.decode()


def test_good_file_is_previewed_then_stored_and_linked(quality, plant):
    address, page = preview(quality, GOOD)
    before = Fact.objects.for_plant(plant).count()

    done = quality.post(f"{address}/store", fields_of(page, "/store")).content.decode()

    assert before == 0
    assert "Every row can be taken" in page
    assert "2 records were stored" in done
    assert 'href="/trace/B-1"' in done
    assert set(Lot.objects.for_plant(plant).values_list("code", flat=True)) == {"B-1", "S-1"}


def test_bad_row_is_named_with_place_content_and_reason_and_nothing_is_stored(quality, plant):
    address, page = preview(quality, BAD)

    assert "1 row can not be taken" in page
    assert re.search(r'class="number">3</th><td class="end">quantity</td>.*?much.*?is not a number', page, re.DOTALL)
    answer = quality.post(f"{address}/store", fields_of(quality.get(address).content.decode()))
    assert answer.status_code == 400
    assert Fact.objects.for_plant(plant).count() == 0


def test_bad_rows_can_be_downloaded_mended_and_imported(quality, plant):
    address, page = preview(quality, BAD)

    answer = quality.post(f"{address}/bad-rows", fields_of(page, "/bad-rows"))
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    rows = [[cell.value for cell in row] for row in book.active.iter_rows()]
    column = rows[0].index("quantity")
    book.active.cell(row=2, column=column + 1, value="200")
    mended = io.BytesIO()
    book.save(mended)
    again, second = preview(quality, mended.getvalue(), name="bad-rows.xlsx")

    assert len(rows) == 2
    assert any("not a number" in str(cell) for cell in rows[1])
    assert "Every row can be taken" in second
    assert quality.post(f"{again}/store", fields_of(second, "/store")).status_code == 200
    assert list(Lot.objects.for_plant(plant).values_list("code", flat=True)) == ["S-1"]


def test_good_rows_alone_can_be_taken_on_purpose(quality, plant):
    address, page = preview(quality, BAD)

    done = quality.post(f"{address}/store", fields_of(page, "/store")).content.decode()

    assert "1 record was stored" in done
    assert "Rows that were left out" in done
    assert list(Lot.objects.for_plant(plant).values_list("code", flat=True)) == ["B-1"]


def test_same_file_again_stores_nothing_twice(quality, plant):
    address, page = preview(quality, GOOD)
    quality.post(f"{address}/store", fields_of(page, "/store"))

    _address, again = preview(quality, GOOD)

    assert "There is nothing new in this file" in again
    assert Fact.objects.for_plant(plant).count() == 2


def test_columns_that_somebody_chose_are_kept_and_remembered(quality, plant):
    text = GOOD.replace("lot,item", "Tag,item", 1)
    address = bring(quality, text, kind="receipts")["Location"]
    columns = quality.get(address).content.decode()
    fields = fields_of(columns)
    chosen = next(name for name, value in fields.items() if name.startswith("header-") and value == "Tag").replace("header", "use")

    page = quality.post(address, {**fields, chosen: "lot"}).content.decode()
    quality.post(f"{address.split('?')[0]}/store", fields_of(page, "/store"))
    later = quality.get(bring(quality, text.replace("B-1", "B-2").replace("S-1", "S-2"))["Location"]).content.decode()

    assert fields[chosen] != "lot"
    assert "remembered" in later
    assert re.search(r'<option value="lot" selected', later)


def test_what_is_missing_is_said_and_what_was_chosen_is_kept(quality, plant):
    address = bring(quality, GOOD)["Location"]
    fields = fields_of(quality.get(address).content.decode())
    lot = next(name for name, value in fields.items() if value == "lot" and name.startswith("use-"))
    unit = next(name for name, value in fields.items() if value == "unit" and name.startswith("use-"))

    answer = quality.post(address, {**fields, lot: "-", unit: "+"})
    page = answer.content.decode()

    assert answer.status_code == 400
    assert 'role="alert"' in page
    assert re.search(rf'name="{unit}">.*?<option value="\+" selected', page, re.DOTALL)


def test_no_file_is_an_error_beside_the_field(quality):
    answer = quality.post("/import", {})
    page = answer.content.decode()

    assert answer.status_code == 400
    assert re.search(r'id="file-error"[^>]*>Choose a file first', page)
    assert 'aria-invalid="true"' in page


@pytest.mark.parametrize(("name", "content"), [("empty.csv", b""), ("broken.xlsx", b"PK\x03\x04nothing"), ("broken.zip", b"no zip")])
def test_file_that_can_not_be_read_is_explained(quality, plant, name, content):
    answer = bring(quality, content, name=name)
    page = quality.post(answer["Location"]).content.decode() if answer.status_code == 302 and name.endswith("zip") else (
        quality.get(answer["Location"]).content.decode() if answer.status_code == 302 else answer.content.decode())  # fmt: skip

    assert 'id="file-error"' in page
    assert Fact.objects.for_plant(plant).count() == 0


def genealogy_zip(*, flags=0, method=0, sizes=1):
    """A zip of a genealogy, with the bytes of its headers set: flags (1: encrypted) and the way it is packed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("lots.csv", "links.csv", "events.csv"):
            archive.writestr(name, "code\n" * sizes)
    content = bytearray(buffer.getvalue())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            content[at + offset] |= flags
            content[at + offset + 2] = method or content[at + offset + 2]
            at = content.find(mark, at + 4)
    return bytes(content)


@pytest.mark.parametrize("spoilt", [{"flags": 1}, {"method": 97}], ids=["encrypted", "packed in an unknown way"])
def test_zip_that_can_not_be_unpacked_is_explained(quality, plant, spoilt):
    address = bring(quality, genealogy_zip(**spoilt), name="genealogy.zip")["Location"]

    page = quality.post(address).content.decode()

    assert "The zip can not be read. Pack it again." in page


def test_zip_that_unpacks_to_too_much_is_refused_while_it_is_read(quality, plant, monkeypatch):
    monkeypatch.setattr(import_desk, "LARGEST_UNPACKED", 1000)
    address = bring(quality, genealogy_zip(sizes=100), name="genealogy.zip")["Location"]

    page = quality.post(address).content.decode()

    assert "too large for a page" in page


def test_invalid_epcis_document_is_refused_whole_with_its_reasons(quality, plant):
    answer = bring(quality, b'{"type": "EPCISDocument"}', name="events.json")

    page = quality.get(answer["Location"]).content.decode()

    assert "can not be taken" in page
    assert "/store" not in re.sub(r'action="[^"]*/store"[^>]*data-import="[^"]*">(?:(?!<button).)*</form>', "", page, flags=re.DOTALL)
    assert Fact.objects.for_plant(plant).count() == 0


@pytest.mark.django_db(transaction=True)
def test_file_that_is_no_table_is_tried_when_its_page_is_opened(quality, plant):
    """In a transaction of its own, which a page that shows one moment does not allow."""
    page = quality.get(bring(quality, packed(GENEALOGY), name="genealogy.zip")["Location"]).content.decode()

    assert "can not be taken" not in page
    assert "/store" in page
    assert Fact.objects.for_plant(plant).count() == 0


def test_file_of_another_person_can_not_be_opened(quality, plant, sign_in_as):
    address = bring(quality, GOOD)["Location"]

    answer = sign_in_as(make_user(plant, Role.QUALITY)).get(address)

    assert answer.status_code == 400
    assert "no longer waiting here" in answer.content.decode()


def test_template_is_a_workbook_that_is_recognised_again(quality, plant):
    answer = quality.get("/import/template/receipts")

    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    page = quality.get(bring(quality, answer.content, name="filled.xlsx")["Location"]).content.decode()

    assert "attachment" in answer["Content-Disposition"]
    assert book.active.max_column > 5
    assert 'value="receipts"' in page
    assert quality.get("/import/template/nonsense").status_code == 404


def test_forms_can_not_be_posted_from_elsewhere(plant):
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(make_user(plant), backend="django.contrib.auth.backends.ModelBackend")

    assert bring(browser, GOOD).status_code == 403


GENEALOGY = {
    "lots.csv": "lot,item,kind,qty,uom,created_at,partner\nR9,NEWITEM,raw,1,kg,2026-01-01T00:00:00Z,NEWMILL\n",
    "links.csv": "parent,child,qty,event_id,at\n",
    "events.csv": "event_id,type,at\n",
}


def packed(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def test_who_may_not_change_master_data_is_not_offered_to_make_it_and_is_refused(client, plant):
    person = make_user(plant, Role.WAREHOUSE)
    client.force_login(person)
    columns = client.get(bring(client, GOOD)["Location"]).content.decode()
    address = bring(client, packed(GENEALOGY), name="g.zip")["Location"]
    before = Fact.objects.for_plant(plant).count()

    page = client.get(address).content.decode()
    stored = client.post(f"{address.split('?')[0].rstrip('/')}/store").content.decode()

    assert 'name="create_missing"' not in columns
    for text in (page, stored):
        assert "NEWITEM" in text
    assert Fact.objects.for_plant(plant).count() == before


# ---- while it works, and afterwards ------------------------------------------------------------------------------------------------


def upload_at(address, plant, client):
    token = address.split("?")[0].rsplit("/", 1)[1]
    return find_upload(plant=plant, user_id=client.session["_auth_user_id"], token=token)


def test_who_asks_again_after_the_file_was_stored_hears_what_was_stored(quality, plant):
    address, page = preview(quality, GOOD)
    fields = fields_of(page, "/store")
    first = quality.post(f"{address}/store", fields).content.decode()

    again = [quality.post(f"{address}/store", fields), quality.get(address), quality.post(address, fields)]

    assert [answer.status_code for answer in again] == [200, 200, 200]
    assert all("2 records were stored" in answer.content.decode() and "receipts.csv" in answer.content.decode() for answer in again)
    assert 'href="/trace/B-1"' in again[1].content.decode()
    assert "2 records were stored" in first
    assert Fact.objects.for_plant(plant).count() == 2


def test_progress_says_how_many_rows_of_all_are_done_while_somebody_is_at_it(quality, plant):
    address, _page = preview(quality, GOOD)
    before = quality.get(f"{address}/progress").json()

    with working_on(upload_at(address, plant, quality), store=True) as work:
        work._told = 0.0
        work.tell_done(1200, 20000)
        during = quality.get(f"{address}/progress").json()
        shown = quality.get(address).content.decode()

    assert before == {"working": False} == quality.get(f"{address}/progress").json()
    assert during == {"working": True, "text": "Storing: 1,200 of 20,000 rows", "done": 1200, "total": 20000}
    assert "This file is being stored" in shown


def test_file_that_is_being_stored_is_not_stored_by_a_second_window(quality, plant):
    address, page = preview(quality, GOOD)

    with working_on(upload_at(address, plant, quality), store=True):
        stored = quality.post(f"{address}/store", fields_of(page, "/store"))
        tried = quality.post(address, fields_of(page, "/store"))

    assert (stored.status_code, tried.status_code) == (400, 400)
    assert "being stored at the moment" in stored.content.decode()
    assert Fact.objects.for_plant(plant).count() == 0
    assert quality.post(f"{address}/store", fields_of(page, "/store")).status_code == 200


def test_try_that_was_overtaken_ends_and_a_later_store_goes_through(quality, plant):
    address, page = preview(quality, GOOD)
    upload = upload_at(address, plant, quality)

    with working_on(upload, store=False) as early:
        quality.post(address, fields_of(page, "/store"))
        early._told = 0.0
        with pytest.raises(Overtaken):
            early.tell_done(1, 2)

    assert quality.post(f"{address}/store", fields_of(page, "/store")).status_code == 200


def test_work_that_ended_with_its_process_keeps_nobody_waiting(quality, plant):
    address, page = preview(quality, GOOD)
    upload = upload_at(address, plant, quality)
    script = (
        "import sys, os, django; django.setup(); from pathlib import Path; from lotline.doors.exchange.tables.uploads import Upload;"
        "from lotline.doors.exchange.tables.work import working_on\n"
        "with working_on(Upload('t', 'n', Path(sys.argv[1])), store=True): os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script, str(upload.path)], check=False, env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    )

    assert killed.returncode == -9
    assert quality.get(f"{address}/progress").json() == {"working": False}
    assert quality.post(f"{address}/store", fields_of(page, "/store")).status_code == 200


def test_pdf_that_somebody_brought_is_called_a_pdf(quality):
    answer = bring(quality, b"%PDF-1.7\n\xe2\xe3\xcf\xd3", name="stock.xlsx")

    assert "This is a PDF" in quality.get(answer["Location"]).content.decode()


def test_file_of_master_data_alone_can_be_stored(quality, plant):
    items = "item code,item name,unit,kind\nPEPPER,Pepper,kg,raw\n"
    units = "unit code,unit name,unit name in Chinese,unit name in English\npcs,,件,pieces\n"

    for text, shown in ((items, "PEPPER"), (units, "pcs")):
        address, page = preview(quality, text, name="master.csv")
        assert "Import the master data" in page
        assert shown in page
        assert "The master data was stored" in quality.post(f"{address}/store", fields_of(page, "/store")).content.decode()

    assert Item.objects.get(code="PEPPER").name == "Pepper"
    assert Unit.objects.get(code="pcs").names["en"] == "pieces"
