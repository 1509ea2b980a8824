"""Files that are no tables, told by how they begin: what somebody brought by mistake should be called by its name."""

from __future__ import annotations

import mmap
import zipfile
from pathlib import Path

from lotline.doors.exchange.tables.cells import UnreadableTable

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# An archive without members begins with its directory.
_EMPTY_ZIP = b"PK\x05\x06"
_STARTS = (
    (b"%PDF", "file_is_pdf"),
    (b"\x89PNG", "file_is_picture"), (b"\xff\xd8\xff", "file_is_picture"), (b"GIF8", "file_is_picture"), (b"BM", "file_is_picture"),
    (b"II*\x00", "file_is_picture"), (b"MM\x00*", "file_is_picture"),
    (b"Rar!", "file_is_archive"), (b"7z\xbc\xaf\x27\x1c", "file_is_archive"), (b"\x1f\x8b", "file_is_archive"), (_EMPTY_ZIP, "file_is_archive"),
    (b"{\\rtf", "file_is_document"),
)  # fmt: skip
# A bitmap has zeros where its header has reserved bytes; a text that begins with BM has not.
_BITMAP_RESERVED = slice(6, 10)
_PAGES = (b"<!doctype html", b"<html", b"<table", b"<head", b"<meta", b"<style", b"<div")
_XML_WORKBOOK = b"urn:schemas-microsoft-com:office:spreadsheet"
_START = 4096


def refuse_foreign(path: Path) -> bytes:
    """The first bytes of the file. Raises ``UnreadableTable`` where they are those of something that is no table."""
    with path.open("rb") as handle:
        start = handle.read(_START)
    code = _foreign_start(start)
    if start.startswith(ZIP):
        code = _foreign_zip(path)
    elif start.startswith(OLE):
        code = _foreign_ole(path)
    if code:
        raise UnreadableTable(code)
    return start


def _foreign_start(start: bytes) -> str:
    for begins, code in _STARTS:
        if start.startswith(begins) and (begins != b"BM" or not any(start[_BITMAP_RESERVED])):
            return code
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "file_is_picture"
    if start[4:8] == b"ftyp" and start[8:12] in {b"heic", b"heix", b"mif1", b"avif"}:
        return "file_is_picture"
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(_PAGES):
        return "file_is_web_page"
    if text.startswith(b"<?xml"):
        return "file_is_xml_workbook" if _XML_WORKBOOK in text else "file_is_web_page" if b"<html" in text else ""
    return ""


def _foreign_zip(path: Path) -> str:
    """What a zip holds that is no workbook. A damaged one is left to the reader of workbooks, which says so."""
    try:
        with zipfile.ZipFile(path) as packed:
            names = packed.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return ""
    if any(name.startswith("xl/") or name == "content.xml" for name in names):
        return ""
    if any(name.startswith(("word/", "ppt/")) for name in names):
        return "file_is_document"
    return "file_is_numbers" if any(name.endswith(".iwa") for name in names) else "file_is_archive"


def _foreign_ole(path: Path) -> str:
    """What an OLE file of Microsoft Office holds, by the names of its streams."""
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content:

        def holds(name: str) -> bool:
            return content.find(name.encode("utf-16-le")) >= 0

        if holds("EncryptedPackage"):
            return "workbook_protected"
        if holds("Workbook") or holds("Book"):
            return ""
        return "file_is_document" if holds("WordDocument") or holds("PowerPoint Document") else ""
