"""The product's settings, with a data folder that is thrown away and passwords that are cheap to check."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

HOME_FOR_TESTS = tempfile.mkdtemp(prefix="lotline-tests-")
atexit.register(shutil.rmtree, HOME_FOR_TESTS, ignore_errors=True)
# Set, not proposed: a test must never touch the data of whoever runs it.
os.environ["LOTLINE_HOME"] = HOME_FOR_TESTS

from lotline.project.settings import *  # noqa: E402, F403

# The real hasher takes a tenth of a second per sign-in on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
