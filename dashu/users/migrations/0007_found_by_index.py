from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("users", "0006_seal_borrowers"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="borrower",
            index=models.Index(
                condition=models.Q(("name_index", ""), _negated=True), fields=["name_index"], name="users_borrower_name"
            ),
        ),
        migrations.AddIndex(
            model_name="borrower",
            index=models.Index(
                condition=models.Q(("phone_index", ""), _negated=True),
                fields=["phone_index"],
                name="users_borrower_phone",
            ),
        ),
        migrations.AddIndex(
            model_name="borrower",
            index=models.Index(
                condition=models.Q(("phone_end_index", ""), _negated=True),
                fields=["phone_end_index"],
                name="users_borrower_phone_end",
            ),
        ),
    ]
