from django.db import migrations, models

from loans.domain.card_issuers import issuer_table


def name_known_banks(apps, _schema_editor):
    """A bank that was typed and is in the table gets its code; every other one is for a person to look at."""
    cards = apps.get_model("loans", "CardToPay").objects
    for typed in cards.values_list("issuer", flat=True).distinct():
        if issuer := issuer_table().called(typed):
            cards.filter(issuer=typed).update(issuer_code=issuer.code, issuer=issuer.name("zh-hans"))


class Migration(migrations.Migration):
    dependencies = [
        ("loans", "0018_tranche_events"),
    ]

    operations = [
        migrations.AddField(
            model_name="cardtopay",
            name="issuer_code",
            field=models.CharField(blank=True, db_default="", default="", max_length=12, verbose_name="issuer's code"),
        ),
        migrations.RunPython(name_known_banks, migrations.RunPython.noop, elidable=True),
    ]
