"""The pages of the back office."""

from education.editing import admin as editing

__all__ = ["editing"]
