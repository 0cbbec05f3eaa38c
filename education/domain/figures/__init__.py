"""
The numbers that lessons state.

A lesson never holds a typed amount or rate: it names a figure, and the figure is computed here by the same functions
that compute the borrower's own loan. One module per lesson, found by the lesson's slug.
"""

from collections.abc import Callable, Mapping

from education.domain.figures import annual_rate, overdue

FIGURES: Mapping[str, Callable[[], Mapping[str, str]]] = {
    "annual-rate": annual_rate.figures,
    "overdue": overdue.figures,
}


def figures_of(slug: str) -> Mapping[str, str]:
    """Return the figures of a lesson by name, written for readers."""
    return FIGURES[slug]()
