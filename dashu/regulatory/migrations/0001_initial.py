from django.db import migrations


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("collections_mgmt", "0003_snapshot"),
    ]

    operations = [
        migrations.CreateModel(
            name="PackMonth",
            fields=[],
            options={
                "verbose_name": "regulatory pack",
                "verbose_name_plural": "regulatory packs",
                "permissions": [("take_packmonth", "Can take the regulatory pack of a month")],
                "proxy": True,
                "default_permissions": ("view",),
                "indexes": [],
                "constraints": [],
            },
            bases=("collections_mgmt.closerun",),
        ),
    ]
