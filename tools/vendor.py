"""Fetch the browser files that Lotline serves itself, and write their manifest.

For maintainers only: needs npm and the network. Users never run it, the files are committed.

    python tools/vendor.py            fetch everything again into src/lotline/doors/web/static/web/vendor, and what only
                                      the tests load into tests/vendor, which is neither served nor packaged

A version is raised here, in ``PACKAGES``, and nowhere else; a test compares the committed files with the manifest.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVED = ROOT / "src/lotline/doors/web/static/web/vendor"
TESTED_WITH = ROOT / "tests/vendor"

# Every icon that a template, a script or the table of states names; a test finds one that is missing.
ICONS = (Path(__file__).resolve().parent / "vendor_icons.txt").read_text(encoding="ascii").split()

# What is taken from Tabler: its reboot (bare elements) and its form controls. Everything else a page shows is in static/web/css.
FORM_RULE = re.compile(r"\.form-(control|select|check|check-input|check-label|label|hint)(?=$|[:\[\s.,~])")
# Chrome 109 does not know these; a rule with one of them would silently fall away there.
TOO_NEW = re.compile(r"color-mix\(|oklch\(|light-dark\(|@layer|@container")


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One file: where it is in the package, where it goes, and how it is derived (``None`` = byte for byte)."""

    source: str
    target: str
    derive: Callable[[Path], bytes] | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Package:
    """One npm package at one version, with the files taken from it."""

    name: str
    version: str
    licence: str
    licence_source: str
    files: tuple[Taken, ...]
    folder: Path = SERVED


def css_rules(text: str) -> Iterator[str]:
    """The top-level rules of a minified stylesheet, comments removed."""
    text = re.sub(r"/\*.*?\*/|@charset [^;]*;", "", text, flags=re.DOTALL)
    depth = start = 0
    for at, character in enumerate(text):
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                yield text[start : at + 1].strip()
                start = at + 1


def is_reboot(selector: str) -> bool:
    """Whether every part of the selector is a bare element or attribute: no class, no theme."""
    return not re.search(r"[.@]|data-bs|#", selector) and ":root" not in selector


def is_form_control(selector: str) -> bool:
    """Whether the whole selector speaks only of the form controls that the pages use."""
    unwanted = re.compile(
        r"valid|color|dark|light|plaintext|flush|rounded|group|reverse|switch|-sm|-lg|inline|single|highlight|label-o|descr"
    )
    return all(FORM_RULE.match(part.strip()) and not unwanted.search(part) for part in selector.split(","))


def tabler_subset(package: Path) -> bytes:
    """Tabler's reboot and form controls, with only the variables that those rules read, one rule a line."""
    rules = list(css_rules((package / "dist/css/tabler.min.css").read_text(encoding="utf-8")))
    kept = [rule for rule in rules if is_reboot(rule.split("{")[0]) or is_form_control(rule.split("{")[0])]
    kept = [rule for rule in kept if not TOO_NEW.search(rule)]
    values = dict(re.findall(r"(--tblr-[\w-]+):((?:[^;{}\"']|\"[^\"]*\"|'[^']*')+)", rules[0]))
    wanted: set[str] = set()
    queue = list(kept)
    while queue:
        for name in re.findall(r"var\((--tblr-[\w-]+)", queue.pop()):
            if name in values and name not in wanted and not TOO_NEW.search(values[name]):
                wanted.add(name)
                queue.append(values[name])
    root = ":root{" + ";".join(f"{name}:{values[name]}" for name in values if name in wanted) + "}"
    head = "/*! Tabler 1.4.0 (https://tabler.io), reboot and form controls only. Copyright 2018-2025 The Tabler Authors. MIT. */"
    return ("\n".join([head, root, *kept]) + "\n").encode()


def icon_sprite(package: Path) -> bytes:
    """One SVG with a symbol for each icon; stroke and size are left to base.css."""
    symbols = []
    for name in sorted(ICONS):
        svg = (package / f"icons/outline/{name}.svg").read_text(encoding="utf-8")
        body = "".join(line.strip() for line in svg.split(">", 1)[1].rsplit("</svg>", 1)[0].splitlines())
        body = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>', "", body).replace(" />", "/>")
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
    return ('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode()


PACKAGES = (
    Package(
        name="@tabler/core",
        version="1.4.0",
        licence="MIT",
        licence_source="",
        files=(
            Taken(
                source="dist/css/tabler.min.css",
                target="tabler.css",
                derive=tabler_subset,
                note="Reboot and form controls with the variables they read; rules that Chrome 109 does not know are left out.",
            ),
        ),
    ),
    Package(
        name="htmx.org",
        version="2.0.11",
        licence="0BSD",
        licence_source="LICENSE",
        files=(Taken(source="dist/htmx.min.js", target="htmx.min.js"),),
    ),
    Package(
        name="@fontsource-variable/inter",
        version="5.3.0",
        licence="OFL-1.1",
        licence_source="LICENSE",
        files=(Taken(source="files/inter-latin-wght-normal.woff2", target="inter-latin-wght-normal.woff2"),),
    ),
    Package(
        name="@fontsource-variable/jetbrains-mono",
        version="5.3.0",
        licence="OFL-1.1",
        licence_source="LICENSE",
        files=(Taken(source="files/jetbrains-mono-latin-wght-normal.woff2", target="jetbrains-mono-latin-wght-normal.woff2"),),
    ),
    Package(
        name="@tabler/icons",
        version="3.51.0",
        licence="MIT",
        licence_source="LICENSE",
        files=(
            Taken(
                source="icons/outline", target="icons.svg", derive=icon_sprite, note="One symbol for each icon in tools/vendor_icons.txt."
            ),
        ),
    ),
    Package(
        name="axe-core",
        version="4.14.1",
        licence="MPL-2.0",
        licence_source="LICENSE",
        files=(Taken(source="axe.min.js", target="axe.min.js"),),
        folder=TESTED_WITH,
    ),
)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def unpack(package: Package, folder: Path) -> Path:
    """Download one package with npm (which checks its integrity) and return its root folder."""
    name = f"{package.name}@{package.version}"
    run = subprocess.run(["npm", "pack", name, "--silent"], cwd=folder, check=True, capture_output=True, text=True)
    archive = folder / run.stdout.strip().splitlines()[-1]
    target = folder / archive.stem
    with tarfile.open(archive) as tar:
        tar.extractall(target, filter="data")
    return target / "package"


def take_file(package: Package, root: Path, taken: Taken) -> dict[str, str]:
    """Copy or derive one file and return its line of the manifest."""
    source = root / taken.source
    data = taken.derive(root) if taken.derive else source.read_bytes()
    (package.folder / taken.target).write_bytes(data)
    short = package.name.lstrip("@").replace("/", "-")
    licence_file = f"licences/{short}.txt"
    if package.licence_source:
        shutil.copyfile(root / package.licence_source, package.folder / licence_file)
    line = {
        "file": taken.target,
        "name": package.name,
        "version": package.version,
        "licence": package.licence,
        "licence_file": licence_file,
        "source": taken.source,
        "sha256": sha256(data),
    }
    if taken.derive:
        line["derived"] = taken.note
        if source.is_file():
            line["source_sha256"] = sha256(source.read_bytes())
    return line


def fetch_folder(folder: Path) -> list[dict[str, str]]:
    """Fetch the packages that go into ``folder`` and write its manifest."""
    (folder / "licences").mkdir(parents=True, exist_ok=True)
    lines = []
    with tempfile.TemporaryDirectory() as name:
        for package in PACKAGES:
            if package.folder == folder:
                root = unpack(package, Path(name))
                lines += [take_file(package, root, taken) for taken in package.files]
    (folder / "manifest.json").write_text(json.dumps(lines, indent=2) + "\n", encoding="utf-8")
    return lines


def main() -> int:
    for folder in (SERVED, TESTED_WITH):
        for line in fetch_folder(folder):
            print(f"{line['file']:45} {line['name']} {line['version']} {line['licence']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
