from django.db import migrations

from dashu.users.indexes import borrower_phone_index
from dashu.users.seal_rows import rewrite_rows
from dashu.users.sealing import seal

INDEX_LENGTH = 64


def sealed(channel, address):
    key = borrower_phone_index(address) if channel == "SMS" else address
    return seal(address, place="messaging_outboxmessage.address"), key


def seal_addresses(_apps, _schema_editor):
    rewrite_rows(
        "messaging_outboxmessage",
        read=["channel", "address"],
        write=["address", "address_key"],
        where="address <> '' AND address_key = ''",
        make=sealed,
    )
    rewrite_rows(
        "messaging_contactpoint",
        read=["address_key"],
        write=["address_key"],
        where=f"channel = 'SMS' AND length(address_key) < {INDEX_LENGTH}",
        make=lambda phone: (borrower_phone_index(phone),),
    )


class Migration(migrations.Migration):
    """Batch by batch, each for good: cut short, it is run again and goes on."""

    atomic = False

    dependencies = [
        ("messaging", "0007_addresses_are_sealed"),
    ]

    operations = [migrations.RunPython(seal_addresses)]
