"""When a borrower opened what a plan costs and changes, so that it is read before it is signed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collections_mgmt", "0033_plans_come_back_as_they_stood")]

    operations = [
        migrations.AddField(
            model_name="restructuringoffer",
            name="sheet_opened_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="cost sheet opened at"),
        ),
        migrations.AddField(
            model_name="restructuringoffer",
            name="sheet_digest",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=64, verbose_name="digest of the opened cost sheet"
            ),
        ),
    ]
