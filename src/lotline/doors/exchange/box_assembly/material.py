"""Read the folder of the box assembly: which log is of which part and operation, which results are of which inspector.

Source: usnistgov/smstestbed, ``tdp/mtc``. Names of files are the only place where part, operation, machine and instance
are recorded, so a file whose name does not follow the rule is named and left alone.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from lotline.doors.exchange.mtconnect.shdr import read_shdr
from lotline.doors.exchange.mtconnect.summary import OperationSummary, summarize_operation
from lotline.doors.exchange.qif.document import QifDocument
from lotline.doors.exchange.qif.reader import UnreadableQif, read_qif

_LOG = re.compile(r"(Plate|Cover|Box)-(Op\d+)-(\w+)-(\d\d)of(\d\d)\.txt", re.ASCII)
_RESULTS = re.compile(r"(incoming|first_article)_(Plate|Cover|Box)_?Results.*\.qif", re.ASCII | re.IGNORECASE)
# README of the material: incoming results are those of MTC (on arrival), first articles those of NIST.
_INSPECTORS = {"incoming": "MTC", "first_article": "NIST"}
# MTC: PLATE_RESULTS_A01_NIST_MTC_CRADA_PLATE_ORIGIN_NIKON_SCAN. NIST: 1.
_SERIAL = re.compile(r"(?:[A-Z]+_RESULTS_A)?(\d{1,2})(?:_\w+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class FileProblem:
    """What could not be read. ``line`` is 0 where it is about the file as a whole; ``code`` is a key of ``words.PROBLEM``."""

    file: str
    code: str
    line: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineLog:
    """One operation on one instance of one part."""

    file: str
    part: str
    operation: str
    machine: str
    instance: int
    of: int
    digest: str
    summary: OperationSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """All that one inspector wrote about one part."""

    file: str
    part: str
    inspector: str
    document: QifDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What the folder holds."""

    logs: tuple[MachineLog, ...]
    results: tuple[Results, ...]
    problems: tuple[FileProblem, ...]


class NoMaterial(ValueError):
    """The folder holds neither a log nor a result that could be read; ``problems`` say why."""

    def __init__(self, problems: tuple[FileProblem, ...]) -> None:
        super().__init__("; ".join(f"{problem.file}: {problem.code}" for problem in problems) or "empty folder")
        self.problems = problems


def read_material(folder: Path, *, progress: Callable[[int, int], None] | None = None) -> Material:
    """Read ``shdr/`` and ``qif/`` of a folder, compressed or not. Raises ``NoMaterial``.

    ``progress`` is told how many files of how many are read.
    """
    logs: list[MachineLog] = []
    results: list[Results] = []
    problems: list[FileProblem] = []
    files = [*_files(folder / "shdr"), *_files(folder / "qif")]
    for count, path in enumerate(files, start=1):
        try:
            content = _content(path)
        except (OSError, EOFError, zlib.error) as problem:
            problems.append(FileProblem(path.name, "unreadable_file", detail=type(problem).__name__))
        else:
            if path.parent.name == "shdr":
                logs.extend(_log(path, content, problems))
            else:
                results.extend(_results(path, content, problems))
        if progress is not None:
            progress(count, len(files))
    if not logs and not results:
        raise NoMaterial(tuple(problems))
    return Material(logs=tuple(logs), results=tuple(results), problems=tuple(problems))


def instance_of(serial: str) -> int | None:
    """Give the instance that a serial number names, in the words of either inspector; None where it is another word."""
    match = _SERIAL.fullmatch(serial)
    return int(match.group(1)) if match else None


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def _name(path: Path) -> str:
    return path.name.removesuffix(".gz")


def _log(path: Path, content: bytes, problems: list[FileProblem]) -> Iterator[MachineLog]:
    match = _LOG.fullmatch(_name(path))
    if match is None:
        problems.append(FileProblem(path.name, "unknown_name"))
        return
    log = read_shdr(content.decode("utf-8", errors="replace").splitlines())
    problems.extend(FileProblem(_name(path), bad.code, bad.number, bad.text) for bad in log.bad_lines)
    if not log.observations:
        problems.append(FileProblem(_name(path), "silent_log"))
        return
    part, operation, machine, instance, of = match.groups()
    yield MachineLog(
        file=_name(path),
        part=part,
        operation=operation,
        machine=machine,
        instance=int(instance),
        of=int(of),
        digest=hashlib.sha256(content).hexdigest(),
        summary=summarize_operation(log),
    )


def _results(path: Path, content: bytes, problems: list[FileProblem]) -> Iterator[Results]:
    match = _RESULTS.fullmatch(_name(path))
    if match is None:
        problems.append(FileProblem(path.name, "unknown_name"))
        return
    try:
        document = read_qif(BytesIO(content))
    except UnreadableQif as problem:
        problems.append(FileProblem(path.name, problem.code, problem.line, problem.detail))
        return
    problems.extend(
        FileProblem(_name(path), problem.code, detail=f"{problem.element} {problem.detail}".strip()) for problem in document.problems
    )
    kind, part = match.groups()
    yield Results(file=_name(path), part=part.capitalize(), inspector=_INSPECTORS[kind.lower()], document=document)
