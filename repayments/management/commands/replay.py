"""`manage.py replay`: a loan's terms and events in, its state on chosen days out; see docs/commands.md."""

from datetime import date
from typing import Any

from django.conf import settings

from dashu.api.json_commands import JsonCommand
from dashu.policy.pack_files import pack_file
from repayments.domain.replaying import Labels, replay_document


class Command(JsonCommand):
    help = "Read loans with their events as JSON on standard input and write their state on the days asked for."

    def answer(self, document: Any) -> Any:
        return replay_document(document, _labels_on)


def _labels_on(pack: str | None, product: str, on: date) -> Labels:
    rules = pack_file(pack or settings.LENDER_POLICY_PACK)
    return Labels(rules.value("delinquency.buckets", on=on), rules.five_tier(product, on=on))
