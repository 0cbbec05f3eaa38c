"""The hand-off of an applicant to our pages, where they read and sign, and how far it is."""

from rest_framework import serializers

from dashu.api.fields import StrictSerializer
from dashu.api.reading import ReadQuery
from loans.domain.signatures import SignatureState
from loans.services.handed_links import LONGEST_ADDRESS


class SignatureLinkIn(StrictSerializer):
    """Where the applicant goes on afterwards."""

    return_url = serializers.CharField(
        max_length=LONGEST_ADDRESS,
        required=False,
        default="",
        allow_blank=True,
        trim_whitespace=False,
        help_text="An https address whose host is that of a redirect URI of this client. `application` and `signature` "
        "(signed, declined or open) are added to its query. Left out, the page leads nowhere.",
    )


class SignatureLinkKept(serializers.Serializer):
    """A link without its address, as the answer to the request that made it is kept."""

    id = serializers.UUIDField(source="public_id")
    phone = serializers.CharField(source="phone_shown", help_text="Where the code goes, masked.")
    expires_at = serializers.DateTimeField(help_text="When it opens no more; ask for another one then.")


class SignatureLinkOut(SignatureLinkKept):
    """A link for the applicant alone: hand it to them, keep it nowhere. It opens only with a code on their phone."""

    url = serializers.URLField(help_text="The address to open in the applicant's browser.")


class SignatureLinkSent(serializers.Serializer):
    """The latest link, without its address."""

    id = serializers.UUIDField(source="public_id")
    phone = serializers.CharField(source="phone_shown")
    return_url = serializers.CharField(help_text="Empty where none was given.")
    made_at = serializers.DateTimeField()
    opened_at = serializers.DateTimeField(allow_null=True)
    confirmed_at = serializers.DateTimeField(allow_null=True, help_text="When the code was entered last.")
    expires_at = serializers.DateTimeField()


class DisclosureReadOut(serializers.Serializer):
    """The reading of the cost sheet."""

    opened_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True, help_text="Said to have been read.")
    understood_at = serializers.DateTimeField(
        source="passed_at", allow_null=True, help_text="When the questions on it were answered."
    )
    sheet_digest = serializers.CharField(help_text="SHA-256 of the sheet that was read.")


class SignedContractOut(serializers.Serializer):
    """What was signed, and how it can be checked."""

    number = serializers.CharField()
    signed_at = serializers.DateTimeField()
    language = serializers.CharField()
    sha256 = serializers.CharField(help_text="Of the paper, byte for byte.")
    evidence_digest = serializers.CharField(help_text="SHA-256 of the evidence of the signature, printed on the paper.")
    code = serializers.CharField(source="code_shown", help_text="Anyone can check the paper at /verify/ by it.")


class SignatureOut(serializers.Serializer):
    """How far the signature is."""

    state = serializers.ChoiceField(
        choices=[state.value for state in SignatureState],
        help_text="NOT_ASKED: no link was made. LINK_MADE: it was not opened yet. OPENED: it was, and nothing is "
        "decided. EXPIRED: it opens no more. SIGNED and DECLINED end it.",
    )
    link = SignatureLinkSent(allow_null=True)
    reading = DisclosureReadOut(source="disclosure", allow_null=True)
    contract = SignedContractOut(allow_null=True, help_text="null before the signature.")


class SignatureQuery(ReadQuery):
    """The query parameters of a signature."""

    shape = SignatureOut
