"""Between the book and the tables: set-based reading and writing, the same on every engine. Only ``actions`` uses it."""
