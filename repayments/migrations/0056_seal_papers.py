import json

from django.db import migrations

from dashu.users.seal_rows import rewrite_rows
from dashu.users.sealing import seal, seal_bytes


def sealed(facts):
    plain = facts if isinstance(facts, str) else json.dumps(facts, ensure_ascii=False)
    return (seal(plain, place="repayments_issueddocument.facts"),)


def seal_papers(_apps, _schema_editor):
    rewrite_rows(
        "repayments_issueddocument",
        read=["facts"],
        write=["sealed_facts"],
        where="sealed_facts IS NULL",
        make=sealed,
    )
    rewrite_rows(
        "repayments_issuedfile",
        keys=["document_id", "format"],
        read=["content"],
        write=["content"],
        # As PDF and XLSX files begin; a sealed one begins with the name of its key.
        where=r"substring(content FROM 1 FOR 4) IN ('%%PDF'::bytea, '\x504b0304'::bytea)",
        make=lambda content: (seal_bytes(bytes(content), place="repayments_issuedfile.content"),),
        batch=50,
    )


class Migration(migrations.Migration):
    """Batch by batch, each for good: cut short, it is run again and goes on."""

    atomic = False

    dependencies = [
        ("repayments", "0055_papers_can_be_sealed"),
    ]

    operations = [migrations.RunPython(seal_papers)]
