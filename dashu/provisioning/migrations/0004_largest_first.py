from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("provisioning", "0003_kept_sums"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="loanprovision",
            index=models.Index(
                models.F("run"),
                models.OrderBy(models.F("ecl_minor"), descending=True),
                models.F("loan_id"),
                name="provisioning_line_largest",
            ),
        ),
    ]
