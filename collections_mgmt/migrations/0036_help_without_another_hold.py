"""A request for help comes without a hold where asking before took the days of peace."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collections_mgmt", "0035_due_days_beside_plans")]

    operations = [
        migrations.AlterField(
            model_name="hardshiploan",
            name="hold",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="help_requests",
                to="collections_mgmt.hold",
                verbose_name="hold",
            ),
        ),
    ]
