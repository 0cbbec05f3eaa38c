"""Decisions on what is told to a bureau, and the lines of its files, on plain values."""
