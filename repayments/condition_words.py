"""Why a part of a contract waits, as its borrower and staff read it, and what lets it go on."""

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from repayments.services.tranche_conditions import Condition

WORDS: Mapping[Condition, Promise] = {
    Condition.OVERDUE: _(
        "A payment on another part of this contract is overdue. Once it is paid, this part is paid out."
    ),
    Condition.NOT_REPAID: _(
        "Another part of this contract was not repaid as agreed. Tell us if we can help; this part waits until then."
    ),
    Condition.PROMISE: _(
        "Something that the business promised for a day that has passed is not recorded yet, such as a tax return. Once"
        " it is there, this part is paid out."
    ),
    Condition.GIVEN_BACK: _(
        "Another part of this contract is being given back. Once that is settled, this part goes on."
    ),
    Condition.CONSENT: _(
        "A consent that this loan needs was taken back. Once it is given again, this part is paid out."
    ),
    Condition.IDENTITY: _(
        "The name or the identity number is no longer the one in the contract. A member of our team gets in touch."
    ),
    Condition.PERSON_HELD: _("A member of our team looks at it before more is paid out, and gets in touch."),
}


def conditions_in_words(codes: Iterable[str]) -> list[str]:
    return [str(WORDS[Condition(code)]) for code in codes]
