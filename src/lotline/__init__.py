"""Lotline: double-entry bookkeeping for material."""

__version__ = "0.1.0"
