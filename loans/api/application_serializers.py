from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dashu.api.bulk_reading import BulkQuery, IdsField
from dashu.api.fields import MinorField, MoneyShape, StrictSerializer, money_json
from dashu.api.reading import ReadQuery
from dashu.consents.models import Purpose as ConsentPurpose
from loans.api.decision_serializers import DecisionOut, OfferOut, ReviewRequestOut
from loans.domain.application_facts import PURPOSES, Step, steps_of
from loans.domain.guarantees import State
from loans.event_words import event_in_words
from loans.models import Application, ApplicationDocument, ApplicationEvent, Loan, Product

REFERENCE = r"^[A-Za-z0-9._:/-]+\Z"


class ApplicantIn(StrictSerializer):
    """Who applies. They get no login by this; what the contract needs of them is asked in the step `person`."""

    reference = serializers.RegexField(
        REFERENCE,
        max_length=80,
        trim_whitespace=False,
        help_text="The partner's own, the same for everything that this person applies for.",
    )
    name = serializers.CharField(max_length=120)
    language = serializers.ChoiceField(
        choices=[code for code, _name in settings.LANGUAGES], default="zh-hans", help_text="In which we write to them."
    )
    phone = serializers.RegexField(r"^\+?[0-9 -]{5,31}\Z", required=False)
    email = serializers.EmailField(max_length=254, required=False)


@extend_schema_field(
    {
        "type": "object",
        "description": "Answers by step, each an object as `PUT …/steps/{step}` takes it.",
        "propertyNames": {"enum": [step.value for step in Step]},
        "additionalProperties": {"type": "object"},
    }
)
class AnswersField(serializers.JSONField):
    default_error_messages = {"shape": _("Write the answers as an object with an object for each step.")}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError(self.error_messages["shape"], code="invalid")
        return super().to_internal_value(data)


class ApplicationIn(StrictSerializer):
    """What is applied for, by whom, and all, some or none of the answers."""

    product = serializers.CharField(max_length=50, help_text="Its `code` in the list of products.")
    borrower = ApplicantIn()
    answers = AnswersField(required=False)


class ConsentWithdrawalIn(StrictSerializer):
    """Which consent the applicant takes back."""

    purpose = serializers.ChoiceField(choices=ConsentPurpose.values, help_text="As in the list of texts.")


class ProductNamed(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField(source="label", help_text="In the language asked for.")


class ApplicationRow(serializers.Serializer):
    """An application without anything personal."""

    id = serializers.CharField(source="reference", help_text="Used in the addresses of this application.")
    status = serializers.ChoiceField(choices=Application.State.values)
    product = ProductNamed()
    borrower = serializers.CharField(source="borrower.external_id", help_text="The partner's reference.")
    amount = serializers.SerializerMethodField(help_text="Asked for; null before the step `loan` is answered.")
    months = serializers.IntegerField(allow_null=True)
    purpose = serializers.CharField(help_text="Empty before the step `loan` is answered.")
    created_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    answer_due_at = serializers.DateTimeField(
        source="due_at", allow_null=True, help_text="By when we promise the next word; null when it is your turn."
    )

    @extend_schema_field(MoneyShape(allow_null=True))
    def get_amount(self, application: Application) -> Any:
        if application.amount_minor is None:
            return None
        return money_json(application.amount_minor, application.currency)


class ApplicationQuery(BulkQuery):
    """The query parameters of the list of applications."""

    shape = ApplicationRow

    ids = IdsField(longest=16)
    status = serializers.ChoiceField(choices=Application.State.values, required=False)
    borrower = serializers.CharField(max_length=80, required=False, help_text="The partner's reference of a borrower.")


class ApplicationPage(serializers.Serializer):
    results = ApplicationRow(many=True)
    next_cursor = serializers.CharField(allow_null=True, help_text="null on the last page.")


class MaskedApplicant(serializers.Serializer):
    """Who applies, as much of it as is needed to recognize them."""

    reference = serializers.CharField()
    name = serializers.CharField(help_text='Masked: "张*".')
    number = serializers.CharField(allow_null=True, help_text="Masked; null before the step `person` is answered.")
    phone = serializers.CharField(allow_null=True, help_text="Masked, likewise.")


class GuarantorOut(serializers.Serializer):
    """Somebody who answers for a share, as much of them as is needed to recognize them. They agree themselves."""

    name = serializers.CharField(help_text='Masked: "张*".')
    number = serializers.CharField(help_text="Masked.")
    phone = serializers.CharField(help_text="Masked; empty where none is known.")
    share_bps = serializers.IntegerField(help_text="Of what is owed, basis points: 5000 is a half.")
    state = serializers.ChoiceField(
        choices=[state.value for state in State],
        help_text="To the cost sheet as it is now. The contract can be signed once every one is `SIGNED`.",
    )
    answered_at = serializers.DateTimeField(allow_null=True, help_text="null where they have not.")


class StepOut(serializers.Serializer):
    step = serializers.ChoiceField(choices=[step.value for step in Step])
    is_done = serializers.BooleanField()


class EventOut(serializers.Serializer):
    """Something that happened to the application."""

    kind = serializers.ChoiceField(choices=ApplicationEvent.Kind.values)
    what = serializers.SerializerMethodField(help_text="In the language asked for.")
    at = serializers.DateTimeField()

    def get_what(self, event: ApplicationEvent) -> str:
        return event_in_words(event)


class TrancheOut(serializers.Serializer):
    """One part of a signed contract: a loan of its own. A contract in one sum has one."""

    number = serializers.IntegerField()
    loan = serializers.CharField(source="loan.number")
    principal = MinorField(source="loan.principal_minor")
    on = serializers.DateField(source="agreed_on", help_text="The day of the payout that the contract names.")
    status = serializers.ChoiceField(choices=Loan.Status.values, source="loan.status")
    give_back_until = serializers.DateField(
        source="cooling_off_until",
        allow_null=True,
        help_text="The last day on which this part can be given back without cost; null before the payout.",
    )


class ApplicationOut(ApplicationRow):
    """An application in detail; what is personal in it is masked."""

    borrower = MaskedApplicant(source="applicant")  # type: ignore[assignment]
    steps = StepOut(many=True)
    guarantors = GuarantorOut(many=True, source="guarantors_told", help_text="Of a business loan, as they were named.")
    timeline = EventOut(many=True, help_text="The latest first.")
    decision = DecisionOut(
        allow_null=True, help_text="null before there is one, and while a person decides for the first time."
    )
    may_ask_for_review = serializers.BooleanField(help_text="Whether a person can be asked to look at the decision.")
    review_request = ReviewRequestOut(allow_null=True, help_text="null where no person was asked, or has answered.")
    offers = OfferOut(many=True, source="offers_told", help_text="Of the latest decision, while one can be chosen.")
    tranches = TrancheOut(many=True, help_text="The parts of the signed contract; none before the signature.")


class ApplicationDetailQuery(ReadQuery):
    """The query parameters of an application."""

    shape = ApplicationOut


class ConsentTextOut(serializers.Serializer):
    """A text that people are asked to agree to. Show it whole, in one of its languages."""

    id = serializers.IntegerField(help_text="Sent in the step `consents` where it was agreed to.")
    purpose = serializers.ChoiceField(choices=ConsentPurpose.values)
    version = serializers.IntegerField()
    is_needed = serializers.BooleanField(help_text="Without it the application cannot be handed in.")
    title = serializers.DictField(child=serializers.CharField(), help_text="By language: zh-Hans, zh-Hant, en.")
    text = serializers.DictField(child=serializers.CharField(), help_text="Likewise.")


class ConsentTextsQuery(ReadQuery):
    shape = ConsentTextOut


class ConsentTextsOut(serializers.Serializer):
    texts = ConsentTextOut(many=True)


class OfferedProduct(serializers.Serializer):
    """What can be applied for today. Rates are fractions: 0.18 is 18% a year."""

    code = serializers.CharField(source="product.code")
    name = serializers.CharField(source="product.label", help_text="In the language asked for.")
    kind = serializers.ChoiceField(choices=Product.Kind.values, source="product.kind")
    version = serializers.IntegerField()
    method = serializers.CharField(source="rules.method.value")
    smallest = MinorField(source="rules.min_principal")
    largest = MinorField(source="rules.max_principal")
    fewest_months = serializers.IntegerField(source="rules.min_count")
    most_months = serializers.IntegerField(source="rules.max_count")
    most_tranches = serializers.IntegerField(
        source="rules.max_tranches",
        help_text="In so many parts it can be paid out; 1: in one sum. Each is at least `smallest`.",
    )
    tranches_within_days = serializers.IntegerField(
        source="rules.tranche_within_days", help_text="From the application to the latest day of the last part."
    )
    lowest_annual_rate = serializers.DecimalField(max_digits=9, decimal_places=6, source="rules.min_annual_rate")
    highest_annual_rate = serializers.DecimalField(max_digits=9, decimal_places=6, source="rules.max_annual_rate")
    purposes = serializers.SerializerMethodField(help_text="Of the step `loan`.")
    steps = serializers.SerializerMethodField(help_text="In the order in which they are asked.")

    def get_purposes(self, version: Any) -> list[str]:
        return [purpose.value for purpose in PURPOSES[version.product.kind]]

    def get_steps(self, version: Any) -> list[str]:
        return [step.value for step in steps_of(version.product.kind)]


class OfferedProductsQuery(ReadQuery):
    shape = OfferedProduct


class OfferedProductsOut(serializers.Serializer):
    products = OfferedProduct(many=True)


class CardIssuerOut(serializers.Serializer):
    code = serializers.CharField(
        help_text="Sent as `issuer` in the step `card`; “OTHER” for a bank that is not listed."
    )
    names = serializers.DictField(child=serializers.CharField(), help_text="By language: zh-Hans, zh-Hant, en.")


class CardIssuersQuery(ReadQuery):
    shape = CardIssuerOut


class CardIssuersOut(serializers.Serializer):
    as_of = serializers.DateField(help_text="The day on which the table of first digits was read.")
    issuers = CardIssuerOut(many=True)


class PaperIn(StrictSerializer):
    """A form with one file, `multipart/form-data`."""

    kind = serializers.ChoiceField(choices=ApplicationDocument.Kind.values)
    file = serializers.FileField(
        allow_empty_file=True, max_length=500, help_text="PDF, JPEG or PNG, known by its content, at most 10 MB."
    )


class PaperRefusal(serializers.Serializer):
    reason = serializers.CharField(source="refused_because", help_text="Stable; branch on it.")
    detail = serializers.CharField(source="refusal", help_text="One sentence in the language asked for.")


class PaperOut(serializers.Serializer):
    """A file that was sent. Its content was looked at; whether harmful software was found is said by `scan`."""

    sha256 = serializers.CharField()
    kind = serializers.ChoiceField(choices=ApplicationDocument.Kind.values)
    name = serializers.CharField(help_text="With the ending that its content has.")
    content_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    added_at = serializers.DateTimeField()
    scan = serializers.ChoiceField(choices=ApplicationDocument.Scan.values)
    refusal = serializers.SerializerMethodField(help_text="Why it was refused; null where it was not.")

    @extend_schema_field(PaperRefusal(allow_null=True))
    def get_refusal(self, document: ApplicationDocument) -> Any:
        return PaperRefusal(document).data if document.refused_because else None


class PapersQuery(ReadQuery):
    shape = PaperOut


class WantedPaperOut(serializers.Serializer):
    """A paper that helps. One can apply without it."""

    kind = serializers.ChoiceField(choices=ApplicationDocument.Kind.values)
    is_missing = serializers.BooleanField(help_text="None of it is there that was not refused.")


class PapersOut(serializers.Serializer):
    documents = PaperOut(many=True)
    wanted = WantedPaperOut(many=True, help_text="What proves what is stated, for a product of this kind.")


ANSWER_SCHEMA = {"application/json": OpenApiTypes.OBJECT}
