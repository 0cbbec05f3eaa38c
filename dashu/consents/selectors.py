"""What people have agreed to now, and the texts in use."""

from collections.abc import Mapping, Sequence

from dashu.consents.models import ConsentEntry, ConsentText


def latest_texts(purposes: Sequence[str] | None = None) -> list[ConsentText]:
    """Return the text in use for each purpose, in the order of `purposes`."""
    latest = {text.purpose: text for text in ConsentText.objects.order_by("version")}
    return [latest[purpose] for purpose in (latest if purposes is None else purposes)]


def consents_held(*, borrower_id: int | None = None, person: str = "", about: str) -> Mapping[str, ConsentText]:
    """
    Return what holds now by purpose: the text of the latest line, unless that line withdrew it.

    :param person: in place of a borrower's id, somebody who is none, such as "guarantor:12".
    """
    assert (borrower_id is None) == bool(person), "a consent is one person's"
    given = ConsentEntry.objects.filter(about=about)
    theirs = given.filter(person=person) if borrower_id is None else given.filter(borrower_id=borrower_id)
    entries = theirs.select_related("text").order_by("text__purpose", "-id").distinct("text__purpose")
    return {entry.text.purpose: entry.text for entry in entries if entry.kind == ConsentEntry.Kind.GIVEN}


def all_consents_held(*, borrower_id: int) -> list[ConsentEntry]:
    """Return the lines that hold now, whatever they are about, the latest first; each with its text."""
    latest = (
        ConsentEntry.objects.filter(borrower_id=borrower_id)
        .select_related("text")
        .order_by("about", "text__purpose", "-id")
        .distinct("about", "text__purpose")
    )
    return sorted((line for line in latest if line.kind == ConsentEntry.Kind.GIVEN), key=lambda line: -line.pk)
