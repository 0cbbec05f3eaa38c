"""The card that a loan pays off, and that its number is one of the bank that is named for it."""

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dashu.kernel.documents import Document
from dashu.kernel.errors import DomainError, InvalidInput
from dashu.users.id_numbers import InvalidCardNumber, card_number
from dashu.users.sealing import blind_index
from loans.domain.card_issuers import OTHER, Belonging, issuer_table
from loans.models import Application, CardToPay

LONGEST_NAME = 60


class CardOfAnotherIssuer(DomainError):
    """The first digits of the card number are those of another bank than the one that is named."""

    code = "card_of_another_issuer"


class CardNotCredit(DomainError):
    """The first digits of the card number are those of debit cards, and a debit card owes nothing."""

    code = "card_not_credit"


def keep_card(application: Application, document: Document) -> CardToPay:
    """
    Keep the card of an answer, its number sealed.

    :param document: `issuer`, a code of the table or "OTHER"; with that, `other_issuer` is its name; and `card_number`.
    :raises InvalidInput: there is no such code.
    :raises InvalidCardNumber, CardOfAnotherIssuer, CardNotCredit: see there; they blame `card_number`.
    """
    code, name = _issuer(document)
    number = card_number(document.text("card_number", longest=40))
    _refuse_unless_its_own(number, code, name)
    card, _is_new = CardToPay.objects.update_or_create(
        application=application,
        defaults={
            "issuer_code": code,
            "issuer": name,
            "number": number,
            "number_index": blind_index(number, "card.number"),
        },
    )
    return card


def _issuer(document: Document) -> tuple[str, str]:
    """Return code and Chinese name; a bank that is typed although it is in the table is that bank."""
    table = issuer_table()
    code = document.text("issuer", longest=LONGEST_NAME)
    typed = document.text("other_issuer", "", longest=LONGEST_NAME).strip()
    if code == OTHER:
        if not typed:
            raise InvalidInput(_("Write the name of the bank as it stands on the card."), field="other_issuer")
        issuer = table.called(typed)
    elif code in table.issuers:
        issuer = table.issuers[code]
    else:
        raise InvalidInput(
            _("There is no bank %(given)s in the list. Choose one of: %(known)s."),
            field="issuer",
            params={"given": repr(code)[:40], "known": ", ".join([*table.issuers, OTHER])},
        )
    return (issuer.code, issuer.name("zh-hans")) if issuer else ("", typed)


def _refuse_unless_its_own(number: str, code: str, name: str) -> None:
    table = issuer_table()
    belonging = table.belonging(number, code)
    if belonging is Belonging.NOT_CREDIT:
        raise CardNotCredit(
            _("This is the number of a debit card. Give the number of the credit card that the loan is to pay off."),
            field="card_number",
        )
    if belonging is Belonging.WRONG_LENGTH:
        raise InvalidCardNumber(_("This card number is not right. Compare it with the card."), field="card_number")
    if belonging is Belonging.ANOTHER_ISSUER:
        prefix = table.prefix_of(number)
        assert prefix is not None, "a number that belongs to another bank has a known prefix"
        language = get_language() or "en"
        named = table.issuers[code].name(language) if code else name
        raise CardOfAnotherIssuer(
            _("This number is one of %(owner)s, not of %(named)s. Compare the number, or choose the bank on the card."),
            field="card_number",
            params={"owner": prefix.issuer.name(language), "named": named},
        )
