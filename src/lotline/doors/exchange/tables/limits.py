"""How large a table may be. What is beyond is refused with a sentence before it can fill memory or disk."""

from __future__ import annotations

MEGABYTE = 2**20
LARGEST_FILE = 60 * MEGABYTE
# All parts of a workbook unpacked: a workbook is a zip, and a small zip can hold a disk full of zeros.
LARGEST_UNPACKED = 600 * MEGABYTE
MOST_ROWS = 250_000
MOST_COLUMNS = 400
# What Excel itself allows in a cell.
LONGEST_CELL = 32_767
# A title, the name of the factory, a remark: the header stands below them, but not far below.
HEADER_WITHIN = 30
# Rows shown in a preview.
SAMPLE_ROWS = 50
# Refusals of the journal that are looked for in one file: each costs a new try, and a file with that many is one broken file.
MOST_REFUSALS = 300
# A workbook is read by a process of its own, which may use this much memory and time.
READER_MEMORY = 1536 * MEGABYTE
READER_SECONDS = 180
