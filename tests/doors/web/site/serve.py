"""Show the components in a browser, without a database: ``python tests/doors/web/site/serve.py 8123``, then ``/trace/5``,
``/trace/50``, ``/trace/5000``, ``/lots``, ``/sign-in``, ``/error/404``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

ROOT = Path(__file__).resolve().parents[4]


def main() -> None:
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.doors.web.site.settings"
    execute_from_command_line(["serve", "runserver", "--noreload", "--skip-checks", f"127.0.0.1:{sys.argv[1]}"])


if __name__ == "__main__":
    main()
