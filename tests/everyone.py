"""Somebody in every state that a page of a borrower can show, as of today, for tests that look at all the pages."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from dashu.kernel.dates import lender_now, lender_today
from dashu.users.models import Borrower, Partner, User
from dashu.users.roles import STAFF_ROLES
from loans.models import Application, ApplicationDocument, Loan, LoanContract
from loans.services.add_document import add_document
from loans.services.scan_document import scan_document
from repayments.models import Checkout, IssuedDocument, Payment
from repayments.services.documents import issue_statement
from repayments.services.payoff_quotes import quote_payoff
from tests import factories
from tests.applicants import AMINAS_NUMBER, BROOKS_NUMBER, draft
from tests.sent_files import pdf
from tests.signers import chosen, signed

CHENS_NUMBER = "110101198506152030"


@dataclass(frozen=True, slots=True)
class Everyone:
    """
    Amina owes: a loan that is late and one that is not, a payment, papers, an application half way. Chen chose an
    offer, Dai signed a contract. Brook has nothing.
    """

    amina: Borrower
    brook: Borrower
    chen: Borrower
    dai: Borrower
    partner: Partner
    late: Loan
    on_track: Loan
    payment: Payment
    checkout: Checkout
    quote: UUID
    paper: IssuedDocument
    draft: Application
    document: ApplicationDocument
    chosen: Application
    contract: LoanContract

    @property
    def of_contract(self) -> Application:
        return self.contract.application


def everyone() -> Everyone:
    now, today = lender_now(), lender_today()
    amina, brook, chen, dai = (factories.borrower(name) for name in ("Amina", "Brook", "Chen", "Dai"))
    late = factories.running_loan(amina, starts_on=today - timedelta(days=70))
    payment = factories.pay(late, 1100_16, today - timedelta(days=36), today=today)
    on_track = factories.running_loan(amina, starts_on=today - timedelta(days=5), principal=6_000_00)
    checkout = Checkout.objects.create(loan=late, token=uuid4(), amount_minor=1100_16)
    about = {"loan_id": late.pk, "actor": factories.ACTOR}
    paper = issue_statement(
        **about, first=late.starts_on, last=today, language="zh-hans", now=now, site="https://loans.example"
    )
    half = draft(amina, now=now, person=_person("阿米娜", AMINAS_NUMBER, "13800001234"))
    document = add_document(
        application_id=half.pk, kind="INCOME", name="工资.pdf", content=pdf(), now=now, actor=f"user:{amina.user_id}"
    )
    scan_document(document_id=document.pk, now=now)
    document.refresh_from_db()
    return Everyone(
        amina=amina,
        brook=brook,
        chen=chen,
        dai=dai,
        partner=factories.partner(),
        late=late,
        on_track=on_track,
        payment=payment,
        checkout=checkout,
        quote=quote_payoff(**about, valid_to=today + timedelta(days=3), today=today).token,
        paper=paper,
        draft=half,
        document=document,
        chosen=chosen(chen, now=now, person=_person("陈晨", CHENS_NUMBER, "13800001235")),
        contract=signed(dai, now=now, person=_person("戴岱", BROOKS_NUMBER, "13800001236")),
    )


def staff_of_every_role() -> list[User]:
    """One person of each role that works here; the administrator may do everything."""
    people = [factories.staff(f"Staff-{role}".lower(), role) for role in sorted(STAFF_ROLES)]
    User.objects.filter(role=User.Role.ADMIN).update(is_superuser=True)
    return people


def _person(name: str, number: str, phone: str) -> dict[str, object]:
    return {"name": name, "number": number, "phone": phone, "household": 1, "is_resident": True}
