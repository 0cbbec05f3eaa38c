import json

from django.db import migrations

from dashu.users.seal_rows import rewrite_rows
from dashu.users.sealing import seal, seal_bytes


def sealed(facts, pdf):
    plain = facts if isinstance(facts, str) else json.dumps(facts, ensure_ascii=False)
    return (
        seal(plain, place="loans_loancontract.facts"),
        seal_bytes(bytes(pdf), place="loans_loancontract.pdf"),
    )


def seal_contracts(_apps, _schema_editor):
    rewrite_rows(
        "loans_loancontract",
        read=["facts", "pdf"],
        write=["sealed_facts", "pdf"],
        where="sealed_facts IS NULL",
        make=sealed,
        batch=50,
    )


class Migration(migrations.Migration):
    """Batch by batch, each for good: cut short, it is run again and goes on."""

    atomic = False

    dependencies = [
        ("loans", "0024_contracts_can_be_sealed"),
    ]

    operations = [migrations.RunPython(seal_contracts)]
