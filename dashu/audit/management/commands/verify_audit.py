"""Say whether the audit log is as it was written. See `dashu.audit.chain`."""

import json
import re
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashu.audit import chain


def noted_head(text: str) -> chain.Head:
    found = re.fullmatch(r"([1-9][0-9]{0,17}):([0-9a-f]{64})", text)
    if found is None:
        raise ArgumentTypeError("write it as NUMBER:DIGEST, as the log and this command do")
    return chain.Head(int(found[1]), found[2])


class Command(BaseCommand):
    help = (
        "Walk the chain of the audit log; print its head and every fault, one JSON document a line. Exit 1 on a fault."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--holds", type=noted_head, help="NUMBER:DIGEST that was noted before, to be found again")

    def handle(self, *_args: Any, **options: Any) -> None:
        chain.link_new_records()
        found = chain.verify(holds=options["holds"])
        for fault in found.faults:
            self.stdout.write(json.dumps({"fault": asdict(fault)}))
        self.stdout.write(json.dumps({"links": found.head.number, "head": f"{found.head.number}:{found.head.digest}"}))
        if found.faults:
            raise CommandError("The audit log is not as it was written.")
