from __future__ import annotations

import re

from tools.environment import ROOT


def test_notice_names_every_dependency():
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8").lower()
    wanted = [re.split(r"[\[<>=~]", line)[0] for line in (ROOT / "requirements/base.in").read_text().split()]

    assert [name for name in wanted if name not in notice] == []


def test_licence_is_apache_2():
    assert "Apache License\n                           Version 2.0, January 2004" in (ROOT / "LICENSE").read_text(encoding="utf-8")
