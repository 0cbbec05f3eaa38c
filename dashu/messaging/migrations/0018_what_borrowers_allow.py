from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0017_agreed_hours_end"),
        ("users", "0007_found_by_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="contactpreference",
            name="calls_wanted_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="calls wanted since"),
        ),
        migrations.AddField(
            model_name="contactpreference",
            name="home_agreed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="visits at home agreed"),
        ),
        migrations.AddField(
            model_name="contactpreference",
            name="home_agreed_until",
            field=models.DateField(blank=True, null=True, verbose_name="last day of visits at home"),
        ),
        migrations.AddField(
            model_name="contactpreference",
            name="work_agreed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="contact at work agreed"),
        ),
        migrations.AddField(
            model_name="contactpreference",
            name="work_agreed_until",
            field=models.DateField(blank=True, null=True, verbose_name="last day of contact at work"),
        ),
        migrations.AddConstraint(
            model_name="contactpreference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("home_agreed_until", None), ("home_agreed_at__isnull", False), _connector="OR"),
                    models.Q(("work_agreed_until", None), ("work_agreed_at__isnull", False), _connector="OR"),
                ),
                name="messaging_last_day_of_something_agreed",
            ),
        ),
    ]
