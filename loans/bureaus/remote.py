"""A credit bureau that answers over HTTP, in the form that docs/credit-bureau.md describes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from loans.bureaus.base import BureauRefused, Subject
from loans.bureaus.http import Answer, Client
from loans.bureaus.reading import read_file, refused
from loans.bureaus.signing import is_signed, signed_headers
from loans.domain.credit_files import CreditFile


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class HttpBureau:
    """
    :param secret: base64; signs questions and answers alike.
    :param clock: for signatures, and for what may not lie in the future.
    """

    name: ClassVar[str] = "http"

    client: Client
    secret: str = field(repr=False)
    clock: Callable[[], datetime] = _now

    def file_of(self, subject: Subject, *, request_id: UUID, consent: str) -> CreditFile:
        body = json.dumps(
            {
                "request_id": str(request_id),
                "consent": consent,
                "subject": {"kind": subject.kind, "number": subject.number, "name": subject.name},
            },
            ensure_ascii=False,
        )
        answer = self.client.post(
            "files/", body=body, headers=lambda: signed_headers(self.secret, request_id, body, now=self.clock())
        )
        if answer.status != 200:
            raise BureauRefused(
                _("The credit bureau did not take our question, so nothing was decided. We look into it."),
                details={"status": answer.status},
            )
        self._refuse_unsigned(answer, request_id)
        return read_file(answer.body, request_id=request_id, now=self.clock())

    def _refuse_unsigned(self, answer: Answer, request_id: UUID) -> None:
        try:
            text = answer.body.decode()
        except UnicodeDecodeError as error:
            raise refused("not UTF-8") from error
        if not is_signed(self.secret, request_id, text, answer.headers):
            raise refused("not signed for this question")
