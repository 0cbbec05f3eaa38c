from django.db import migrations

import dashu.users.sealing


class Migration(migrations.Migration):
    dependencies = [
        ("repayments", "0054_held_payouts"),
        ("users", "0007_found_by_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="issueddocument",
            name="sealed_facts",
            field=dashu.users.sealing.SealedJSON(null=True, verbose_name="what it says"),
        ),
    ]
