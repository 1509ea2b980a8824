"""What names a row in a book: the key as the engine's driver takes it, so that nothing is converted on the way."""

from __future__ import annotations

from typing import TypeAlias
from uuid import UUID

# Sixteen bytes on SQLite, the text form on PostgreSQL, a UUID in tests on plain data. A book only compares and hashes them:
# with UUID objects, whose hash is computed in Python, a third of an import's time went there.
Id: TypeAlias = bytes | str | UUID
