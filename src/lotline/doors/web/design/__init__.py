"""How Lotline looks: the words and signs of states, and the geometry of bars."""
