from django.db import migrations, models

import dashu.users.sealing


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0006_secret_texts"),
        ("users", "0007_found_by_index"),
    ]

    operations = [
        migrations.AlterField(
            model_name="outboxmessage",
            name="address",
            field=dashu.users.sealing.SealedText(blank=True, db_default="", verbose_name="sent to"),
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="address_key",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=254),
        ),
        migrations.RemoveConstraint(model_name="contactpoint", name="messaging_contact_point_once"),
        migrations.RenameField(model_name="contactpoint", old_name="address", new_name="address_key"),
        migrations.AddConstraint(
            model_name="contactpoint",
            constraint=models.UniqueConstraint(
                fields=("borrower", "channel", "address_key"), name="messaging_contact_point_once"
            ),
        ),
    ]
