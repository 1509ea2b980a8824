"""Django's SQLite engine with a better way to wait for one's turn to write."""
