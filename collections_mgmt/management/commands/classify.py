"""`manage.py classify`: dues and payments in, bucket, asset class, stage and credit code out; see docs/commands.md."""

from datetime import date
from typing import Any

from django.conf import settings

from collections_mgmt.domain.classifying import Rulebook, classify, parse_question
from dashu.api.json_commands import JsonCommand
from dashu.policy.pack_files import pack_file


class Command(JsonCommand):
    help = "Read dues and payments as JSON on standard input and write what the rules of a policy pack call them."

    def answer(self, document: Any) -> Any:
        question = parse_question(document)
        return classify(question, _rulebook(question.pack, question.product, question.as_of))


def _rulebook(pack: str | None, product: str, on: date) -> Rulebook:
    rules = pack_file(pack or settings.LENDER_POLICY_PACK)
    stages = rules.value("ifrs9.stages", on=on) if rules.has("ifrs9.stages", on=on) else None
    codes = rules.value("credit_record.codes", on=on) if rules.has("credit_record.codes", on=on) else None
    return Rulebook(
        buckets=rules.value("delinquency.buckets", on=on),
        five_tier=rules.five_tier(product, on=on),
        floors=rules.value("classification.floors", on=on) if rules.has("classification.floors", on=on) else {},
        stages=stages.by_days if stages else None,
        stage_floors=stages.floors if stages else {},
        codes=codes.by_days if codes else None,
        marks=codes.marks if codes else {},
    )
