"""An empty table to fill in: headers in the reader's language, an example row or two, and a sheet that explains the columns."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import xlsxwriter
from django.utils.translation import gettext_lazy as _

from lotline.doors.exchange.tables.kinds import KINDS, Column, ColumnType, TableKind

TYPES = {
    ColumnType.CODE: _("code, as on the label"),
    ColumnType.TEXT: _("text"),
    ColumnType.QUANTITY: _("number above zero, up to six decimals"),
    ColumnType.DECIMAL: _("number"),
    ColumnType.WHOLE: _("whole number"),
    ColumnType.MOMENT: _("date, or date and time"),
    ColumnType.TIME: _("time of day"),
    ColumnType.EXPIRY: _("date"),
    ColumnType.CHOICE: _("one of these words"),
    ColumnType.YES_NO: _("yes or no"),
}
_EXPLANATION = _("Explanation")


def write_template(*, kind: str, target: Path | IO[bytes]) -> None:
    """Write the template of a kind as .xlsx, in the active language. Raises ``KeyError`` for an unknown kind.

    Columns of codes, dates and texts are formatted as text, so that the spreadsheet neither cuts long numbers nor turns a
    lot such as 1-2 into a day.
    """
    table = KINDS[kind]
    columns = [column for column in table.columns if column.name != "time"]
    with xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target) as book:
        head = book.add_format({"bold": True, "bg_color": "#E8EEF4", "border": 1, "num_format": "@"})
        needed = book.add_format({"bold": True, "bg_color": "#CFE0F0", "border": 1, "num_format": "@"})
        text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(_sheet_name(str(table.label)))
        for position, column in enumerate(columns):
            label = str(column.label)
            numeric = column.type in {ColumnType.QUANTITY, ColumnType.WHOLE}
            sheet.set_column(position, position, max(12, 2 * len(label) + 2), None if numeric else text)
            sheet.write_string(0, position, label, needed if column.required else head)
            for number, example in enumerate(_examples(table, column), 1):
                if numeric and example:
                    sheet.write_number(number, position, int(example))
                elif example:
                    sheet.write_string(number, position, example, text)
        sheet.freeze_panes(1, 0)
        _explain(book, table.columns, str(table.help))


def _examples(table: TableKind, column: Column) -> tuple[str, ...]:
    return (column.example, dict(table.second).get(column.name, column.example)) if table.second else (column.example,)


def _explain(book: xlsxwriter.Workbook, columns: tuple[Column, ...], help_text: str) -> None:
    bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet(_sheet_name(str(_EXPLANATION)))
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 12)
    sheet.set_column(2, 2, 44, wrap)
    sheet.write_string(0, 0, help_text, bold)
    for number, column in enumerate(columns, 2):
        sheet.write_string(number, 0, str(column.label))
        sheet.write_string(number, 1, str(_("required")) if column.required else "")
        said = str(TYPES[column.type])
        if column.choices:
            said += ": " + "; ".join("/".join(_both(words)) for _value, words in column.choices)
        sheet.write_string(number, 2, said)


def _both(words: tuple[str, ...]) -> list[str]:
    """The first English and the first Chinese word."""
    chinese = next((word for word in words if not word.isascii()), None)
    return [words[0], chinese] if chinese else [words[0]]


def _sheet_name(text: str) -> str:
    """Excel allows 31 characters, and some signs not at all."""
    return "".join(character for character in text if character not in "[]:*?/\\")[:31]
