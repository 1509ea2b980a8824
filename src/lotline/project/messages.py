"""Translations: kept in the repository as .po files that people edit, compiled to the .mo files that gettext reads.

Compiling when a file is older than its source, instead of in a build step, means that no start, test or installed package can ever
show stale words. It costs one look at two timestamps, and a fifth of a second after an edit.
"""

from __future__ import annotations

import os
from pathlib import Path


def compiled_messages(source: Path, home: Path) -> Path:
    """The locale folder whose .mo files are up to date with the .po files in ``source``.

    That is ``source`` itself; for a package that may not be written, ``locale/`` in the data folder ``home``.
    """
    files = sorted(source.glob("*/LC_MESSAGES/*.po"))
    stale = [file for file in files if is_older(file.with_suffix(".mo"), file)]
    if not stale:
        return source
    if all(os.access(file.parent, os.W_OK) for file in stale):
        target = source
    else:
        target, stale = home / "locale", files
    for file in stale:
        compile_messages(file, target / file.relative_to(source).with_suffix(".mo"))
    return target


def is_older(compiled: Path, source: Path) -> bool:
    """Whether ``compiled`` is missing or was made before the last change of ``source``."""
    try:
        return compiled.stat().st_mtime_ns < source.stat().st_mtime_ns
    except FileNotFoundError:
        return True


def compile_messages(source: Path, target: Path) -> None:
    """Compile one .po file. Unfinished (fuzzy) translations are left out. Processes that do it at once do not disturb each other."""
    import polib  # needed only after an edit, and start-up time counts

    if not is_older(target, source):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    draft.write_bytes(polib.pofile(str(source)).to_binary())
    draft.replace(target)
