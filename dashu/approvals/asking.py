"""The staff page on which a person says why a draft should be approved."""

from collections.abc import Callable
from datetime import date
from uuid import uuid4

from django.http import HttpRequest

from dashu.approvals.forms import AskForm
from dashu.approvals.models import ApprovalRequest
from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError

Submit = Callable[[str, str, date], ApprovalRequest]


def asked_for_approval(request: HttpRequest, submit: Submit) -> tuple[AskForm, ApprovalRequest | None]:
    """
    Return the form that asks why, with what is wrong with it, and the approval once it was asked for.

    :param submit: takes the reason, the key of the form, and today.
    """
    form = AskForm(request.POST or None, initial={"key": uuid4()})
    if request.method == "POST" and form.is_valid():
        try:
            return form, submit(form.cleaned_data["reason"], str(form.cleaned_data["key"]), lender_today())
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.user_message)
    return form, None
