from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collections_mgmt", "0003_snapshot"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="loanmonth",
            index=models.Index(
                condition=models.Q(("bucket_before", models.F("bucket")), _negated=True),
                fields=["month", "loan_id"],
                include=("bucket_before", "bucket"),
                name="collections_loan_month_moved",
            ),
        ),
        migrations.AddIndex(
            model_name="loanmonth",
            index=models.Index(
                condition=models.Q(("days_past_due__gt", 0)),
                fields=["month", "cause"],
                include=(
                    *("product", "currency", "bucket", "region", "sector", "channel", "risk_band", "vintage"),
                    *("principal_minor", "overdue_minor"),
                ),
                name="collections_loan_month_behind",
            ),
        ),
    ]
