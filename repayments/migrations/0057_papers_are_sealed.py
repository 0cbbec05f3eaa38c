from django.db import migrations

import dashu.users.sealing


class Migration(migrations.Migration):
    dependencies = [
        ("repayments", "0056_seal_papers"),
    ]

    operations = [
        migrations.RemoveField(model_name="issueddocument", name="facts"),
        migrations.RenameField(model_name="issueddocument", old_name="sealed_facts", new_name="facts"),
        migrations.AlterField(
            model_name="issueddocument",
            name="facts",
            field=dashu.users.sealing.SealedJSON(verbose_name="what it says"),
        ),
        migrations.AlterField(
            model_name="issuedfile",
            name="content",
            field=dashu.users.sealing.SealedBytes(verbose_name="content"),
        ),
    ]
