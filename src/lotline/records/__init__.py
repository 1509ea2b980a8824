"""The first floor: what exists and what happened. places < people < catalog < journal < genealogy."""
