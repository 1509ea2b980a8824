"""The demonstration plant: six months of a factory that braises beef, as facts; ``story`` and ``incidents`` tell what is in it."""

from lotline.doors.exchange.demo.loading import SIX_MONTHS, DemoRefused, DemoSummary, load_pouch_plant
from lotline.doors.exchange.demo.people import DEMO_PASSWORD, DemoUser, demo_users

__all__ = ["DEMO_PASSWORD", "SIX_MONTHS", "DemoRefused", "DemoSummary", "DemoUser", "demo_users", "load_pouch_plant"]
