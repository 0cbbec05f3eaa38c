from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0010_indexes_of_borrowers_messages")]

    operations = [
        migrations.AddField(
            model_name="contactpreference",
            name="wants_notices",
            field=models.BooleanField(db_default=True, default=True, verbose_name="e-mail about unread messages"),
        ),
    ]
