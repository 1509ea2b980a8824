"""What the environment may say, where a wrong word needs an answer of its own."""

from __future__ import annotations

import os

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class BadSetting(ValueError):
    """A variable of the environment has a value that can not be used."""

    def __init__(self, name: str, value: str, allowed: str) -> None:
        super().__init__(f"{name} is {value!r}: {allowed}")
        self.name = name
        self.value = value
        self.allowed = allowed


def log_level() -> str:
    """From which weight on the log is written: ``LOTLINE_LOG``. Raises ``BadSetting``."""
    said = os.environ.get("LOTLINE_LOG", "") or "WARNING"
    if said.upper() not in LEVELS:
        raise BadSetting("LOTLINE_LOG", said, ", ".join(LEVELS))
    return said.upper()


def names_of(variable: str) -> list[str]:
    """A list of names that stand in a variable, parted by commas."""
    return [name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()]


def origins() -> list[str]:
    """Addresses under which browsers reach the pages: ``LOTLINE_ORIGINS``. Raises ``BadSetting`` for one without a scheme."""
    found = names_of("LOTLINE_ORIGINS")
    for one in found:
        if not one.startswith(("http://", "https://")):
            raise BadSetting("LOTLINE_ORIGINS", one, "https://name")
    return found
