"""
Who works on a file, from day to day.

Of the files that there are, no more is known than the team that they have or had last, and the strategy of their latest
step. By it, the figures of all days that can be counted again are written once more in the next night.
"""

import django.db.models.deletion
from django.db import migrations, models

KNOWN = """
INSERT INTO collections_mgmt_filework (file_id, borrower_id, since, until, team, strategy)
SELECT known.file_id, known.borrower_id, known.since, known.until, known.team, known.strategy FROM (
    SELECT file.id AS file_id, file.borrower_id, file.closed_on AS until, COALESCE(team.code, '') AS team,
           GREATEST(file.opened_on, MAX(file.closed_on) OVER (
               PARTITION BY file.borrower_id ORDER BY file.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) + 1) AS since,
           COALESCE((
               SELECT strategy.code || ' v' || version.number
               FROM collections_mgmt_strategyversion AS version
               JOIN collections_mgmt_strategy AS strategy ON strategy.id = version.strategy_id
               WHERE version.id = COALESCE(
                   (SELECT place.version_id FROM collections_mgmt_strategyplace AS place WHERE place.file_id = file.id),
                   (SELECT act.version_id FROM collections_mgmt_strategyact AS act
                    WHERE act.file_id = file.id ORDER BY act.id DESC LIMIT 1)
               )
           ), '') AS strategy
    FROM collections_mgmt_casefile AS file LEFT JOIN collections_mgmt_team AS team ON team.id = file.team_id
) AS known
WHERE known.until IS NULL OR known.since <= known.until;
"""
COUNT_AGAIN = "UPDATE collections_mgmt_deskday SET times_closed = 0"


class Migration(migrations.Migration):
    dependencies = [
        ("collections_mgmt", "0028_agreed_and_asked_for"),
        ("users", "0007_found_by_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="FileWork",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateField(verbose_name="since")),
                ("until", models.DateField(blank=True, null=True, verbose_name="until")),
                ("team", models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="team")),
                (
                    "strategy",
                    models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="strategy"),
                ),
                (
                    "borrower",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="work",
                        to="collections_mgmt.casefile",
                        verbose_name="case file",
                    ),
                ),
            ],
            options={
                "verbose_name": "work on a file",
                "verbose_name_plural": "work on files",
                "indexes": [models.Index(fields=["file"], name="collections_file_work")],
                "constraints": [
                    models.UniqueConstraint(fields=("borrower", "since"), name="collections_file_work_begins_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("until__isnull", True)),
                        fields=("file",),
                        name="collections_file_work_now_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until__gte", models.F("since"))), name="collections_file_work_dates_agree"
                    ),
                ],
            },
        ),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
        migrations.RunSQL(COUNT_AGAIN, migrations.RunSQL.noop),
    ]
