"""The reports, one module each: what it is (`REPORT`) and how it is read."""
