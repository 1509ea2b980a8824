"""Browser programs of others that only the tests load; fetched by ``tools/vendor.py``, listed in ``vendor/manifest.json``."""

from pathlib import Path

AXE = Path(__file__).resolve().parent / "vendor" / "axe.min.js"
