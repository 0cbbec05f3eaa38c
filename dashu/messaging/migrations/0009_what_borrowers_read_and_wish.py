from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0008_seal_addresses")]

    operations = [
        migrations.AddField(
            model_name="contactpreference",
            name="hours_from",
            field=models.TimeField(blank=True, null=True, verbose_name="reach from"),
        ),
        migrations.AddField(
            model_name="contactpreference",
            name="hours_to",
            field=models.TimeField(blank=True, null=True, verbose_name="reach until"),
        ),
        migrations.AddField(
            model_name="contactpreference",
            name="paused_until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="reminders paused until"),
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="read_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="read at"),
        ),
        migrations.AddConstraint(
            model_name="contactpreference",
            constraint=models.CheckConstraint(
                condition=models.Q(hours_from=None, hours_to=None)
                | models.Q(hours_from__isnull=False, hours_to__isnull=False, hours_from__lt=models.F("hours_to")),
                name="messaging_hours_open_before_they_close",
            ),
        ),
    ]
