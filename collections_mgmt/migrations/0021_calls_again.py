from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collections_mgmt", "0020_files_of_callers"),
    ]

    operations = [
        migrations.AlterField(
            model_name="casefileevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("OPENED", "File opened"),
                    ("TAKEN", "Taken up"),
                    ("CALLED_IN", "Taken up because they called"),
                    ("GIVEN_BACK", "Given back"),
                    ("LET_GO", "Let go of: nobody had its page open"),
                    ("PUT_OFF", "Put off"),
                    ("NOTE", "Note"),
                    ("CALLS_OK", "May be called again"),
                    ("ASSIGNED", "Given to somebody"),
                    ("MOVED", "Moved to a team"),
                    ("CLOSED", "File closed"),
                ],
                max_length=10,
                verbose_name="kind",
            ),
        ),
    ]
