"""What CI takes from Debian, on a machine that is thrown away afterwards: a browser, Chinese letters, a database server."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tools.postgres_for_tests import debian_programs
from tools.progress import Failed, step


def missing_packages() -> list[str]:
    """The Debian packages that the tests need and this machine lacks."""
    missing = []
    if not shutil.which("chromium"):
        missing.append("chromium")
    # Without them Chinese pages are rows of boxes, and what is measured on them is wrong.
    if not any(Path("/usr/share/fonts").glob("**/NotoSansCJK*")):
        missing.append("fonts-noto-cjk")
    if debian_programs() is None:
        missing.append("postgresql")
    return missing


def install_missing() -> None:
    """Install them. Needs root, or sudo that asks for nothing."""
    missing = missing_packages()
    if not missing:
        return
    become_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    variables = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    with step(f"installing from Debian: {' '.join(missing)}"):
        for action in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
            command = [*become_root, "apt-get", "-q", *action]
            try:
                done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
            except FileNotFoundError as error:
                raise Failed(f"{command[0]} is not on this machine.", f"Install by other means: {' '.join(missing)}.") from error
            if done.returncode:
                raise Failed(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[-2000:]}")
