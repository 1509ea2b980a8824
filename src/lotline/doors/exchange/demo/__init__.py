"""The demonstration plant: six months of a factory that braises beef, as facts told through the same doors as any others.

``story`` is the hidden defect, ``incidents`` what else went wrong, ``calendar`` where on the calendar it all stands. For loads
between 2026-11-19 and 2027-02-10 the complaint is about FG-261117-A03; at other times the summary of the load names it.
"""

from lotline.doors.exchange.demo.loading import SIX_MONTHS, DemoRefused, DemoSummary, load_pouch_plant
from lotline.doors.exchange.demo.people import DEMO_PASSWORD, DemoUser, demo_users

__all__ = ["DEMO_PASSWORD", "SIX_MONTHS", "DemoRefused", "DemoSummary", "DemoUser", "demo_users", "load_pouch_plant"]
