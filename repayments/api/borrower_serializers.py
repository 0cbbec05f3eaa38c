"""The people whom a partner brought, as it may read them."""

from django.conf import settings
from rest_framework import serializers

from dashu.api.bulk_reading import BulkQuery
from dashu.api.fields import StrictSerializer, TruthWordField
from dashu.api.reading import ReadQuery

_LANGUAGES = [code for code, _name in settings.LANGUAGES]


class BorrowerOut(serializers.Serializer):
    """Somebody whom this partner brought, as much of them as is needed to recognize them. Never an ID number."""

    reference = serializers.CharField(help_text="The partner's own, as its applications name them.")
    name = serializers.CharField(help_text='Masked: "张*".')
    phone = serializers.CharField(help_text="Masked; empty where none is known.")
    email = serializers.CharField(help_text="Masked; empty where none is known.")
    is_personal = serializers.BooleanField(help_text="Whether name, phone and e-mail are in full.")
    language = serializers.ChoiceField(choices=_LANGUAGES, help_text="In which we write to them.")
    is_business = serializers.BooleanField()
    has_login = serializers.BooleanField(help_text="Whether they sign in here and keep their own settings.")
    open_loans = serializers.IntegerField(help_text="Running loans that this partner brought.")
    next_due_on = serializers.DateField(allow_null=True, help_text="Of these; null when nothing falls due any more.")
    created_at = serializers.DateTimeField()


class BorrowerQuery(BulkQuery):
    """The query parameters of the list of borrowers; `ids` are the partner's own references."""

    shape = BorrowerOut


class BorrowerPage(serializers.Serializer):
    results = BorrowerOut(many=True)
    next_cursor = serializers.CharField(allow_null=True, help_text="null on the last page.")


class BorrowerDetailQuery(ReadQuery):
    """The query parameters of a borrower."""

    shape = BorrowerOut

    personal = TruthWordField(
        default=False,
        help_text="true: name, phone and e-mail in full. It needs the scope `borrowers:personal`, and each such "
        "reading is written down.",
    )


class BorrowerIn(StrictSerializer):
    """What is to be another from now on; leave out what stays."""

    email = serializers.EmailField(max_length=254, required=False, allow_blank=True, help_text="Empty: none.")
    language = serializers.ChoiceField(choices=_LANGUAGES, required=False)
