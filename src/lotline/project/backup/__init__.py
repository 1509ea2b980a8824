"""One file that holds everything, written while work goes on, read back by either engine.

A zip with ``manifest.json`` and one member for each table: a JSON array a line, in the order of the manifest's columns. Values
have one spelling on every engine (``columns.py``), so a backup of SQLite goes into PostgreSQL and back. The manifest names the
migrations that the tables are of, the head of each plant's chain, and the SHA-256 of every member.
"""
