from django.db import migrations

import dashu.users.sealing


class Migration(migrations.Migration):
    dependencies = [
        ("loans", "0025_seal_contracts"),
    ]

    operations = [
        migrations.RemoveField(model_name="loancontract", name="facts"),
        migrations.RenameField(model_name="loancontract", old_name="sealed_facts", new_name="facts"),
        migrations.AlterField(
            model_name="loancontract",
            name="facts",
            field=dashu.users.sealing.SealedJSON(verbose_name="facts"),
        ),
        migrations.AlterField(
            model_name="loancontract",
            name="pdf",
            field=dashu.users.sealing.SealedBytes(verbose_name="paper"),
        ),
    ]
