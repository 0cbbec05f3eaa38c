"""The pages of education in the back office."""

from education.admin import feedback  # noqa: F401 – registers a page of its own
