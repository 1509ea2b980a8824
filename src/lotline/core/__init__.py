"""The ground floor: plain Python. No Django, no clock, no network, no words for people."""
