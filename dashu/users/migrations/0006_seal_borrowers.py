from django.db import migrations

from dashu.users.indexes import borrower_name_index, borrower_phone_end_index, borrower_phone_index
from dashu.users.seal_rows import rewrite_rows
from dashu.users.sealing import seal


def sealed(name, phone):
    return (
        seal(name, place="users_borrower.name"),
        # A name without a letter or digit has no index; it has to have something, so that its turn is over.
        borrower_name_index(name) or "-",
        seal(phone, place="users_borrower.phone") if phone else "",
        borrower_phone_index(phone),
        borrower_phone_end_index(phone),
    )


def seal_borrowers(_apps, _schema_editor):
    rewrite_rows(
        "users_borrower",
        read=["name", "phone"],
        write=["name", "name_index", "phone", "phone_index", "phone_end_index"],
        where="name_index = '' AND name <> ''",
        make=sealed,
    )


class Migration(migrations.Migration):
    """Batch by batch, each for good: cut short, it is run again and goes on."""

    atomic = False

    dependencies = [
        ("users", "0005_names_are_sealed"),
    ]

    operations = [migrations.RunPython(seal_borrowers)]
