"""Files taken up because the borrower called, and the index by which they are listed."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # events are written to all day; that goes on meanwhile

    dependencies = [
        ("collections_mgmt", "0019_scripts"),
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
                    ("ASSIGNED", "Given to somebody"),
                    ("MOVED", "Moved to a team"),
                    ("CLOSED", "File closed"),
                ],
                max_length=10,
                verbose_name="kind",
            ),
        ),
        AddIndexConcurrently(
            model_name="casefileevent",
            index=models.Index(
                condition=models.Q(("kind", "CALLED_IN")), fields=["-at", "-id"], name="collections_file_callers"
            ),
        ),
    ]
