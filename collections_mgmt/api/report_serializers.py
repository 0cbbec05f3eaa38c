from rest_framework import serializers

from dashu.api.fields import LenderDateField, MinorField
from dashu.api.reading import ReadQuery
from repayments.models import Channel

MOST_DAYS, MOST_MONTHS = 366, 36


class BookCellOut(serializers.Serializer):
    """The loans of one currency, product, status and bucket at the end of the day."""

    currency = serializers.CharField()
    product = serializers.CharField()
    status = serializers.CharField()
    bucket = serializers.CharField()
    loans = serializers.IntegerField()
    principal = MinorField(help_text="Outstanding.")
    interest = MinorField(help_text="Demanded by the day and unpaid; so are fee and penalty.")
    fee = MinorField()
    penalty = MinorField()
    credit = MinorField()
    overdue = MinorField(help_text="Demanded before the day and unpaid.")


class PortfolioQuery(ReadQuery):
    shape = BookCellOut

    as_of = LenderDateField(required=False, help_text="The day to answer for, its end; without it yesterday.")


class PortfolioOut(serializers.Serializer):
    as_of = serializers.DateField()
    results = BookCellOut(many=True)


class CashDayOut(serializers.Serializer):
    """The payments that count from one day and came by one way."""

    currency = serializers.CharField()
    day = serializers.DateField()
    channel = serializers.ChoiceField(choices=Channel.values)
    payments = serializers.IntegerField()
    amount = MinorField()
    fee = MinorField()
    penalty = MinorField()
    interest = MinorField()
    principal = MinorField()
    credit = MinorField(help_text="What no due could take.")
    returned_payments = serializers.IntegerField(help_text="Of the day, that did not hold; in no other figure.")
    returned = MinorField()


class PeriodQuery(ReadQuery):
    """The query parameters of a report on a period."""

    first = LenderDateField(help_text="First day.")
    last = LenderDateField(help_text=f"Last day, it included; at most {MOST_DAYS} days after the first.")


class CashQuery(PeriodQuery):
    """The query parameters of the cash by day."""

    shape = CashDayOut


class CashOut(serializers.Serializer):
    first = serializers.DateField()
    last = serializers.DateField()
    results = CashDayOut(many=True)


class MovedOut(serializers.Serializer):
    """The loans that went from one bucket and status to another, or stayed."""

    currency = serializers.CharField()
    bucket_before = serializers.CharField(help_text="Empty for loans that were not paid out yet.")
    status_before = serializers.CharField()
    bucket = serializers.CharField()
    status = serializers.CharField()
    loans = serializers.IntegerField()
    principal_before = MinorField()
    principal = MinorField()
    overdue_before = MinorField()
    overdue = MinorField()


class MovementQuery(PeriodQuery):
    """The query parameters of the movement of arrears."""

    shape = MovedOut


class MovementOut(serializers.Serializer):
    first = serializers.DateField()
    last = serializers.DateField()
    results = MovedOut(many=True)


class VintageMonthOut(serializers.Serializer):
    """The loans that began in one month, up to the end of a month after that."""

    currency = serializers.CharField()
    month = serializers.DateField(help_text="Its first day.")
    months_on_book = serializers.IntegerField(help_text="0 for the month itself.")
    loans = serializers.IntegerField()
    principal = MinorField(help_text="Lent.")
    late_30 = serializers.IntegerField(help_text="Loans ever more than 30 days past due by then.")
    late_30_principal = MinorField(help_text="Lent with them.")
    late_90 = serializers.IntegerField(help_text="Likewise, more than 90 days.")
    late_90_principal = MinorField()


class VintagesQuery(ReadQuery):
    """The query parameters of the vintages."""

    shape = VintageMonthOut

    first = LenderDateField(help_text="First day on which the loans began.")
    last = LenderDateField(help_text=f"Last day on which they began; at most {MOST_MONTHS} months after the first.")
    as_of = LenderDateField(required=False, help_text="Leave out what happened later; without it up to yesterday.")
    months = serializers.IntegerField(min_value=1, max_value=MOST_MONTHS, default=12, help_text="On book, at most.")


class VintagesOut(serializers.Serializer):
    as_of = serializers.DateField()
    results = VintageMonthOut(many=True)
