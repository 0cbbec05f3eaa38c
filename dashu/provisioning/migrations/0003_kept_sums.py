from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("provisioning", "0002_guards"),
    ]

    operations = [
        migrations.AddField(
            model_name="provisionrun",
            name="movement",
            field=models.JSONField(db_default={}, default=dict, verbose_name="movement"),
        ),
        migrations.AddField(
            model_name="provisionrun",
            name="overlays",
            field=models.JSONField(db_default=[], default=list, verbose_name="overlays"),
        ),
        migrations.AddField(
            model_name="provisionrun",
            name="stages",
            field=models.JSONField(db_default=[], default=list, verbose_name="by stage"),
        ),
    ]
