"""Names of skills and levels, and how far somebody is, as readers see them."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from education.domain.repeats import Standing

LEVELS: Mapping[int, Promise] = {
    1: _("The basics"),
    2: _("Month by month"),
    3: _("When it gets hard"),
}
STANDINGS: Mapping[Standing, Promise] = {
    Standing.OPEN: _("Not begun"),
    Standing.LEARNING: _("Learning"),
    Standing.MASTERED: _("Mastered"),
}
SKILLS: Mapping[str, Promise] = {
    "add-up-debts": _("Adding up what all debts take of a month"),
    "apply-direct": _("Asking the lender yourself, free of charge"),
    "ask-instead": _("Asking for help instead of another loan"),
    "bring-numbers": _("Bringing the right numbers when asking for help"),
    "compare-offers": _("Comparing plans by what they cost in all"),
    "compare-rates": _("Comparing loans by their annual rate"),
    "cost-of-delay": _("Working out what a late payment costs"),
    "count-all-costs": _("Counting every cost of a loan"),
    "dispute-record": _("Objecting to a wrong credit record"),
    "first-goal": _("Setting a first goal for savings"),
    "fixed-amount": _("Paying off a card with a fixed amount"),
    "fund-before-loan": _("Deciding between saving and repaying"),
    "how-minimum-works": _("Knowing how the minimum payment works"),
    "keep-buffer": _("Keeping a buffer in the month"),
    "keep-five-years": _("Knowing how long a record stays"),
    "keep-papers": _("Keeping papers and codes to yourself"),
    "know-rights": _("Knowing your rights when something is late"),
    "money-received": _("Seeing how much of a loan was really received"),
    "observation-year": _("Going safely through the year after a plan"),
    "read-cost-sheet": _("Reading the cost sheet"),
    "read-report": _("Reading a credit report"),
    "real-rate": _("Seeing the real rate behind a monthly fee"),
    "refuse-upfront": _("Refusing to pay before money comes"),
    "separate-accounts": _("Keeping business and household money apart"),
    "small-cushion": _("Building a small cushion after a plan"),
    "small-steps": _("Saving in small steps"),
    "speak-again": _("Speaking up again when it gets hard again"),
    "speak-early": _("Speaking up before the due date"),
    "spot-agent": _("Spotting those who sell “repair” of records"),
    "tax-aside": _("Setting tax money aside"),
    "test-the-plan": _("Testing a budget against a hard month"),
    "third-loan": _("Seeing what a further loan does to a month"),
    "thirteen-weeks": _("Looking thirteen weeks ahead"),
    "what-is-left": _("Finding out what is left of a month"),
}


def name_of_skill(code: str) -> str:
    """Return the name of a skill; the code of one that an editor made and nobody has named yet."""
    return str(SKILLS.get(code, code))
