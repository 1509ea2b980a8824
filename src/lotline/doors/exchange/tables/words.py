"""Why a file, a mapping or a row was not taken, in words: what is wrong, and what to do now. One table for every code of ``tables``."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from lotline.doors.exchange.tables.problems import RowProblem
from lotline.records.journal.words import sentence as journal_sentence

FILES = {
    "empty_file": _("The file is empty. Choose another one."),
    "file_too_large": _("The file is larger than {megabytes} MB. Split it by month or by sheet."),
    "not_a_workbook": _(
        "The workbook can not be read: it is damaged or of an unknown form. Open it in a spreadsheet program and save it as .xlsx."
    ),
    "workbook_too_large": _(
        "The workbook is too large: more than {rows} rows or {columns} columns, or too much to unpack. Delete empty rows and columns at the edges, or split it."
    ),
    "workbook_protected": _("The workbook is protected with a password. Save it without one."),
    "no_sheets": _("The workbook has no sheet with cells."),
    "too_many_rows": _("The table has more than {longest} rows. Split it by month."),
    "too_many_columns": _("The table has more than {longest} columns. Delete those that are not needed."),
    "not_csv": _("The file can not be read as a table ({detail}). Save it again as CSV or as a workbook."),
    "encoding_unknown": _(
        "This is neither a workbook nor a text that can be read: its characters are neither UTF-8 nor GB 18030. Save the table as .xlsx or as “CSV UTF-8”."
    ),
    "file_is_pdf": _("This is a PDF: a printed page, not a table. Ask for the table behind it as Excel or CSV."),
    "file_is_picture": _("This is a picture, not a table. Ask for the table itself as Excel or CSV."),
    "file_is_document": _("This is a text document or a presentation, not a table. Copy its table into a workbook and save that as .xlsx."),
    "file_is_archive": _("This is an archive. Unpack it and bring the workbook or the CSV that is in it."),
    "file_is_numbers": _("This is a table of Apple Numbers. Export it there as Excel or CSV and bring that file."),
    "file_is_web_page": _(
        "This is a web page (HTML), even if its name ends in .xls. Open it in a spreadsheet program and save it as .xlsx."
    ),
    "file_is_xml_workbook": _("This is a workbook in the old XML form. Open it in a spreadsheet program and save it as .xlsx."),
    "header_missing": _("No row looks like the header of “{kind}”. Choose another kind, or start from our template."),
    "nothing_recognised": _("No sheet was recognised. Say which kind of table it is, or start from our template."),
}
MAPPINGS = {
    "mapping_form": _("The mapping of columns is not complete ({detail}). Read the file again."),
    "kind_unknown": _("There is no kind of table “{kind}”."),
    "target_unknown": _("There is no target column “{target}” in this kind of table."),
    "target_twice": _("Two columns are both taken for “{target}”. Keep one of them."),
    "default_bad": _("“{text}” can not be the value of “{column}” for all rows. Correct it."),
    "columns_missing": _("Nothing says: {columns}. Choose a column for each, or give one value for all rows."),
}
ROWS = {
    "missing": _("“{column}” is empty. Fill it in."),
    "formula_error": _("The formula in this cell failed ({error}). Correct it, or type the value."),
    "cell_too_long": _("The cell holds more than {longest} characters. Shorten it."),
    "cell_unstorable": _("The cell holds a character that can not be stored (NUL or half of a character). Type it again."),
    "text_long": _("The text is longer than {longest} characters. Shorten it."),
    "code_invisible": _("The code consists of characters that can not be seen. Type it again."),
    "code_cleaned": _("Full-width or invisible characters were taken out of the code: it is read as {read}."),
    "digits_lost": _("{text} is a long number that the spreadsheet has cut or rounded, so the code is lost. Format the column as text and type it again."),
    "not_a_number": _("“{text}” is not a number. Write digits with a point for decimals."),
    "not_above_zero": _("The quantity {text} is not above zero. Leave the row out, or record a return or a correction instead."),
    "number_too_large": _("{text} is larger than can be counted. Check the number."),
    "number_too_small": _("{text} is less than a millionth. Use a smaller unit."),
    "rounded": _("{said} has more than {decimals} decimals and is rounded to {taken}."),
    "not_whole": _("“{text}” is not a whole number."),
    "not_a_date": _("“{text}” is not a date. Write it as 2026-01-31."),
    "not_a_time": _("“{text}” is not a time of day. Write it as 14:30."),
    "date_ambiguous": _("Which number of “{text}” is the month can not be told. Say in which order this file writes dates, or write 2026-01-31."),
    "not_a_choice": _("“{text}” is none of the words that are known here: {choices}."),
    "merged_quantity": _("One merged cell gives a quantity for several rows, and how much belongs to each is not known. Give each row its own."),
    "said_twice": _("{code} stands in row {row} already, with other values. Keep one of the rows."),
    "item_not_there": _("There is no item {item} yet. Import the items first, or allow new ones."),
    "item_name_ambiguous": _("Several items are called “{name}”: {items}. Write the item code."),
    "item_unit_differs": _("Item {item} is counted in {known} already, not in {said}. Change the unit in the file."),
    "item_ambiguous": _("Lot {lot} exists for several items: {items}. Say which item is meant."),
    "item_of_lot_unknown": _("The row names no item, and lot {lot} is not known yet. Fill in the item, or import its receipt first."),
    "lot_missing": _("The row does not say which lot. Fill in the lot number."),
    "quantity_missing": _("The row does not say how much of lot {lot}. Fill in the quantity."),
    "unit_missing": _("Item {item} is new and nothing says its unit. Add the unit, or import the items first."),
    "unit_not_of_item": _("Item {item} is counted in {base}, and how much of it one {unit} holds is not known. Write the quantity in {base}."),
    "units_differ": _("The quantity says {beside}, but the column of units says {column}. Correct one of them."),
    "unit_inexact": _("{quantity} {unit} is no exact quantity in {base}. Write the quantity in {base}."),
    "pack_incomplete": _("A second unit needs its size, and a size its unit. Fill in both, or neither."),
    "name_kept": _("{code} exists already as “{known}”; its name is left as it is."),
    "place_not_there": _("There is no place or partner {place} yet. Import the places first, or allow new ones."),
    "place_kind_differs": _("{place} exists already as another kind of place ({known}, not {said}). Use another code."),
    "place_ambiguous": _("Lot {lot} lies at several places: {places}. Say from which one it was taken."),
    "parent_not_there": _("There is no place {place} to lie in. Add a row for it, or check the code."),
    "partner_ambiguous": _("Several partners are called “{name}”: {places}. Write the code."),
    "output_differs": _("Lot {lot} was made once in this event, but the rows give different quantities. Write the whole quantity once, or the same in each row."),
    "dispositions_differ": _("The rows of one inspection decide differently about lot {lot}. Write one decision."),
    "value_in_words": _("“{text}” is not a number. The value counts as not recorded; the words are kept beside it."),
    "lot_exists": _("Lot {lot} exists already; this adds to it. If the row was only corrected since an earlier import, reverse the earlier fact first."),
    "supplier_not_known": _("The supplier is not known. The lot is taken in without one, which lowers its trace coverage."),
    "supplier_lot_not_known": _("The supplier's lot number is not known, so a recall by the supplier can not find this lot."),
    "code_alike": _("{code} looks like {other}. If they are the same, correct this row; if not, nothing is to be done."),
    "changed_since_import": _("This record was imported before as fact {fact} ({earlier}) and says something else now. Take the earlier fact back (lotline reverse {fact} --reason …), then import again; or give the record another number."),
    "beside_bad_row": _("Row {row} belongs to the same record and can not be taken; a record is taken whole. Correct that row."),
    "comes_from_bad_row": _("Lot {lot} comes from row {row}, which can not be taken. Correct that row."),
    "gap_booked": _("More of lot {lot} was used than was ever recorded. What is missing is booked from the variance account."),
}  # fmt: skip


class _Said(dict[str, str]):
    """Parameters of a sentence. One that is missing is shown as a question mark: a message must never fail."""

    def __missing__(self, key: str) -> str:
        return "?"


def describe(problem: RowProblem) -> str:
    """The sentence for a row, in the active language."""
    if problem.code.startswith("journal:"):
        return journal_sentence(problem.code.removeprefix("journal:"), problem.params)
    return _sentence(ROWS, problem.code, problem.params)


def describe_file(code: str, params: Mapping[str, str]) -> str:
    """The sentence for a file or a mapping that can not be used (``UnreadableTable``, ``BadMapping``), in the active language."""
    return _sentence({**FILES, **MAPPINGS}, code, params)


def _sentence(table: Mapping[str, object], code: str, params: Mapping[str, str]) -> str:
    words = table.get(code)
    return code if words is None else str(words).format_map(_Said(params))
