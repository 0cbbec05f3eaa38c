"""When the legal facts of each lesson have to be looked at again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dashu.kernel.dates import add_months
from education.domain.parts import FACTS, part_of
from education.domain.words import LANGUAGES
from education.selectors.published import published_slugs, shown_now, source_of

SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class FactsReview:
    """:param due_on: the day by which they are to be checked again."""

    slug: str
    title: str
    checked_on: date
    due_on: date

    def is_due(self, today: date) -> bool:
        return self.due_on <= today

    def is_soon(self, today: date) -> bool:
        return today < self.due_on <= today + SOON


def facts_reviews(language: str = LANGUAGES[0]) -> Sequence[FactsReview]:
    """Return all lessons for readers, whose facts are due first; one query."""
    shown = shown_now()
    found = []
    for slug in published_slugs(shown):
        source = source_of(slug, shown)
        facts = part_of(source, FACTS)
        checked_on = facts["legal_facts_on"]
        due_on = add_months(checked_on, facts["review_months"])
        found.append(FactsReview(slug, source.head(language)["title"], checked_on, due_on))
    return sorted(found, key=lambda each: (each.due_on, each.slug))
