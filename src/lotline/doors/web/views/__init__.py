"""The pages: each view reads one thing and hands plain values to a template."""
