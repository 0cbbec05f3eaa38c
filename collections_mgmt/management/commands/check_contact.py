"""`manage.py check_contact`: an attempt and its history in, the contact guard's decision out; see docs/commands.md."""

from typing import Any

from django.conf import settings

from collections_mgmt.domain.contact_question import answer_of, parse_contact_question
from dashu.api.json_commands import JsonCommand
from dashu.kernel.dates import lender_date
from dashu.policy.contact_guard import decide
from dashu.policy.pack_files import pack_file
from dashu.policy.rules import contact_rules_from


class Command(JsonCommand):
    help = "Read attempts at contact as JSON on standard input and write whether a policy pack allows them, and when."

    def answer(self, document: Any) -> Any:
        question = parse_contact_question(document)
        pack = pack_file(question.pack or settings.LENDER_POLICY_PACK)
        on = lender_date(question.now)
        rules = contact_rules_from(pack.name, lambda code: pack.rule(code, on=on))
        zone = question.zone or rules.hours.zone
        decision = decide(rules, question.attempt, question.case, question.history, now=question.now, zone=zone)
        return answer_of(decision, rules, question.zone)
