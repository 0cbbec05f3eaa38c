"""`manage.py restructure_options`: a loan and a household's month in, plans out; see docs/commands.md."""

from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.relief.asking import Rules, options_document
from dashu.api.json_commands import JsonCommand
from dashu.policy.pack_files import UnknownProduct, pack_file


class Command(JsonCommand):
    help = "Read loans and households' months as JSON on standard input and write what relief could be offered."

    def answer(self, document: Any) -> Any:
        return options_document(document, rules_on)


def rules_on(pack: str | None, product: str, on: date, made_on: date) -> Rules:
    rules = pack_file(pack or settings.LENDER_POLICY_PACK)
    limits = rules.value("relief.limits", on=on)
    longest = limits.longest_terms.get(product.upper().replace("-", "_"))
    if longest is None:
        raise UnknownProduct(
            _("The policy pack %(pack)s has no product %(product)s. Known are %(known)s."),
            field="product",
            params={"pack": rules.name, "product": product[:40], "known": ", ".join(sorted(limits.longest_terms))},
        )
    return Rules(
        limits=limits,
        clocks=rules.value("relief.clocks", on=on),
        losses=rules.value("relief.expected_loss", on=on),
        affordability=rules.value("relief.affordability", on=on),
        guidelines=rules.value("relief.guidelines", on=on),
        credit_marks=rules.value("relief.credit_marks", on=on),
        rate_cap=rules.rate_limits(made_on).cap,
        longest_months=longest,
        settles_from_days=(
            rules.value("settlement.terms", on=on).least_days_past_due if rules.has("settlement.terms", on=on) else None
        ),
        rate_cap_now=rules.rate_limits(on).cap,
    )
