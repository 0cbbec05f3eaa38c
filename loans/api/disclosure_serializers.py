"""The disclosure of what a loan costs, as partners read it."""

from django.conf import settings
from rest_framework import serializers

from dashu.api.fields import StrictSerializer
from dashu.api.reading import ReadQuery
from loans.api.decision_serializers import CostSheetOut
from loans.api.signature_serializers import DisclosureReadOut

_LANGUAGES = [code for code, _name in settings.LANGUAGES]


class DisclosureOut(CostSheetOut):
    """The cost sheet of the chosen offer, with what identifies it."""

    version = serializers.IntegerField(help_text="Of the form of `document`.")
    language = serializers.ChoiceField(choices=_LANGUAGES, help_text="Of the words; the figures have none.")
    figures_digest = serializers.CharField(help_text="SHA-256 of the same without its dates.")
    reading = DisclosureReadOut(allow_null=True, help_text="By the applicant, of these figures; null before it.")


class DisclosureQuery(ReadQuery):
    """The query parameters of a disclosure."""

    shape = DisclosureOut


class DisclosurePaperQuery(StrictSerializer):
    """The query parameters of the paper."""

    language = serializers.ChoiceField(choices=_LANGUAGES, default="zh-hans")
