from django.db import migrations, models

import dashu.users.sealing
from dashu.users.seal_rows import rewrite_rows
from dashu.users.sealing import seal


def seal_logins(_apps, _schema_editor):
    """In the transaction of this migration, since no column says which names are sealed."""
    rewrite_rows(
        "users_user",
        read=["name"],
        write=["name", "name_is_sealed"],
        where="name <> '' AND NOT name_is_sealed",
        make=lambda name: (seal(name, place="users_user.name"), True),
    )


class Migration(migrations.Migration):
    """The columns; a varchar becomes a text without being written anew. Borrowers' rows are sealed by the next one."""

    dependencies = [
        ("users", "0004_phones_to_sign_in"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="name",
            field=dashu.users.sealing.SealedText(blank=True, editable=True, max_length=120, verbose_name="name"),
        ),
        migrations.RunSQL(
            "ALTER TABLE users_user ADD COLUMN name_is_sealed boolean NOT NULL DEFAULT false",
            "ALTER TABLE users_user DROP COLUMN name_is_sealed",
        ),
        migrations.RunPython(seal_logins),
        migrations.RunSQL(
            "ALTER TABLE users_user DROP COLUMN name_is_sealed",
            "ALTER TABLE users_user ADD COLUMN name_is_sealed boolean NOT NULL DEFAULT false",
        ),
        migrations.AlterField(
            model_name="borrower",
            name="name",
            field=dashu.users.sealing.SealedText(editable=True, max_length=120, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="borrower",
            name="phone",
            field=dashu.users.sealing.SealedText(
                blank=True, db_default="", default="", editable=True, max_length=32, verbose_name="phone"
            ),
        ),
        migrations.AddField(
            model_name="borrower",
            name="name_index",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="borrower",
            name="phone_index",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="borrower",
            name="phone_end_index",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
    ]
