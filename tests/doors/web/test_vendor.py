"""The browser files that Lotline serves: those of others are unchanged and licensed, and nothing asks the internet."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from lotline.doors.web.design.navigation import ENTRIES
from lotline.doors.web.design.states import STATE_LOOKS

WEB = Path(__file__).resolve().parents[3] / "src" / "lotline" / "doors" / "web"
STATIC = WEB / "static" / "web"
VENDOR = STATIC / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))
FREE = {"MIT", "0BSD", "OFL-1.1", "Apache-2.0", "BSD-3-Clause"}
TESTED_WITH = Path(__file__).resolve().parents[2] / "vendor"
TEST_MANIFEST = json.loads((TESTED_WITH / "manifest.json").read_text(encoding="utf-8"))

TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
OWN_STYLES = sorted((STATIC / "css").glob("*.css"))
OWN_SCRIPTS = sorted((STATIC / "js").glob("*.js"))


@pytest.mark.parametrize("line", MANIFEST, ids=lambda line: line["file"])
def test_vendored_file_is_the_one_in_the_manifest(line):
    data = (VENDOR / line["file"]).read_bytes()

    assert hashlib.sha256(data).hexdigest() == line["sha256"]
    assert line["licence"] in FREE
    assert len((VENDOR / line["licence_file"]).read_text(encoding="utf-8")) > 400
    assert re.fullmatch(r"\d+\.\d+\.\d+", line["version"])


def test_every_vendored_file_is_in_the_manifest():
    found = {file.name for file in VENDOR.iterdir() if file.is_file()}

    assert found == {line["file"] for line in MANIFEST} | {"manifest.json"}
    assert {file.name for file in (VENDOR / "licences").iterdir()} == {Path(line["licence_file"]).name for line in MANIFEST}


@pytest.mark.parametrize("line", TEST_MANIFEST, ids=lambda line: line["file"])
def test_file_that_only_tests_load_is_the_one_in_its_manifest(line):
    data = (TESTED_WITH / line["file"]).read_bytes()

    assert hashlib.sha256(data).hexdigest() == line["sha256"]
    assert line["licence"] in {*FREE, "MPL-2.0"}
    assert len((TESTED_WITH / line["licence_file"]).read_text(encoding="utf-8")) > 400
    assert {file.name for file in TESTED_WITH.iterdir() if file.is_file()} == {one["file"] for one in TEST_MANIFEST} | {"manifest.json"}


def test_tabler_is_free_of_what_old_browsers_do_not_know():
    text = (VENDOR / "tabler.css").read_text(encoding="utf-8")

    assert re.findall(r"color-mix\(|oklch\(|light-dark\(|@layer|@import", text) == []


@pytest.mark.parametrize(
    "file", [*OWN_STYLES, *OWN_SCRIPTS, *TEMPLATES, VENDOR / "tabler.css", VENDOR / "icons.svg"], ids=lambda file: file.name
)
def test_no_file_asks_another_server(file):
    text = re.sub(r"/\*!.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)

    addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.[a-z]+[^\s\"')]*", text))

    assert {address for address in addresses if "www.w3.org" not in address} == set()


def named_icons() -> set[str]:
    """Icons that templates, scripts and tables name."""
    found: set[str] = set()
    for file in TEMPLATES:
        text = file.read_text(encoding="utf-8")
        found |= set(re.findall(r'{% icon "([\w-]+)"', text))
    for script in OWN_SCRIPTS:
        text = script.read_text(encoding="utf-8")
        found |= set(re.findall(r"icon\('([\w-]+)'\)", text)) | set(re.findall(r"'(alert-triangle|focus-2|help-circle)'", text))
    found |= {look.icon for look in STATE_LOOKS.values()} | {entry.icon for entry in ENTRIES}
    return found


def test_every_icon_that_is_named_is_in_the_sprite():
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (VENDOR / "icons.svg").read_text(encoding="utf-8")))

    assert named_icons() - drawn == set()


def test_colours_are_written_in_the_tokens_only():
    found = {}
    for file in [*OWN_STYLES, *OWN_SCRIPTS, *TEMPLATES]:
        colours = re.findall(r"(?<![&\w])#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})\b(?![\w-])|rgba?\(|hsla?\(", file.read_text(encoding="utf-8"))
        if colours and file.name != "tokens.css":
            found[file.name] = colours

    assert found == {}


def test_stylesheets_use_only_variables_that_the_tokens_define():
    defined = set(re.findall(r"(--[\w-]+):", (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")))
    used = {name for file in OWN_STYLES for name in re.findall(r"var\((--[\w-]+)", file.read_text(encoding="utf-8"))}
    drawn = {f"--{name}" for file in OWN_SCRIPTS for name in re.findall(r"colour\('([\w-]+)'\)", file.read_text(encoding="utf-8"))}
    drawn |= {
        f"--{name}" for name in ("link", "link-own", "link-red", "link-hot", "link-faint", "link-red-faint", "square", "square-suspect")
    }

    assert (used | drawn) - defined == set()


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: str(file.relative_to(WEB / "templates")))
def test_template_has_no_inline_script_or_style(file):
    text = file.read_text(encoding="utf-8")

    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)|\shx-on|\shx-vals=.js", text) == []


def test_text_is_legible_on_its_ground():
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")))
    pairs = [(ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in ("surface", "canvas", "sunken", "hover", "graph")]
    pairs += [(f"{name}-ink", f"{name}-soft") for name in ("accent", "red", "amber", "violet", "green", "orange", "blue", "slate")]
    pairs += [
        ("on-accent", "accent"),
        ("on-red", "red"),
        ("on-violet", "violet"),
        ("night-muted", "night"),
        ("night-ink", "night"),
        ("accent", "surface"),
    ]

    low = {pair: round(contrast(tokens[pair[0]], tokens[pair[1]]), 2) for pair in pairs if contrast(tokens[pair[0]], tokens[pair[1]]) < 4.5}

    assert low == {}


def test_edges_of_controls_are_visible():
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")))

    assert contrast(tokens["control"], tokens["surface"]) >= 3
    assert contrast(tokens["accent"], tokens["canvas"]) >= 3


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.2."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("file", OWN_SCRIPTS, ids=lambda file: file.name)
def test_script_uses_nothing_newer_than_es2017(file):
    """Plants keep old browsers: optional chaining would be a blank page on a PDA."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*|'[^'\n]*'", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)

    assert re.findall(r"\?\.(?!\d)|\?\?|\|\|=|&&=|\{ *\.\.\.|\bcatch *\{|#\w+ *[=(]|\d_\d|\bawait import", text) == []
