"""Somebody compares who the applicant is with the card, and sees which other customers gave the same."""

from datetime import timedelta

import pytest

from dashu.audit.models import AuditRecord
from dashu.users.models import Identity, User
from loans.models import Application, ApplicationDocument, ApplicationEvent
from loans.selectors.same_person import same_customers
from loans.services.application_rows import ApplicationStateChanged
from loans.services.compare_identity import NotAnIdentityPaper, compare_identity
from loans.services.hold_application import MayNotReview, OwnApplication, WordsMissing
from loans.services.remove_document import DocumentInUse, remove_document
from tests import factories
from tests.applicants import AMINAS_NUMBER, BROOKS_NUMBER, NOW, draft
from tests.integration.desk.conftest import decided, referred, signed_in

SAID = "Name, number and face agree."


def paper(application, kind="IDENTITY", scan="CLEAN", **more) -> ApplicationDocument:
    number = ApplicationDocument.objects.count()
    return ApplicationDocument.objects.create(
        application=application,
        kind=kind,
        name=f"card-{number}.jpg",
        content_type="image/jpeg",
        size=3,
        sha256=f"{number:064d}",
        stored_as=f"{number}",
        scan=scan,
        added_at=NOW,
        added_by="user:1",
        **more,
    )


def compare(application, user, document=None, *, words=SAID, now=NOW) -> Identity:
    return compare_identity(
        application_id=application.pk,
        document_id=document.pk if document else None,
        words=words,
        user=user,
        now=now,
    )


def nobody_compared_anything() -> bool:
    return not (
        Identity.objects.exclude(verified_at=None).exists()
        or ApplicationEvent.objects.filter(kind="IDENTITY_CHECKED").exists()
        or AuditRecord.objects.filter(action="users.identity_verified").exists()
    )


class TestCompareIdentity:
    def test_keeps_who_when_and_which_paper(self, amina, una, bureau):
        application = referred(amina)
        card = paper(application)

        compare(application, una, card)

        identity = Identity.objects.get(borrower=amina)
        event = ApplicationEvent.objects.get(kind="IDENTITY_CHECKED")
        assert (identity.verified_at, identity.verified_by) == (NOW, f"user:{una.pk}")
        assert (event.data, event.is_internal) == ({"document": card.pk, "words": SAID}, True)
        assert AuditRecord.objects.get(action="users.identity_verified").actor == f"user:{una.pk}"
        kept = AuditRecord.objects.get(action="loans.application_identity_checked")
        assert (kept.actor, kept.data) == (f"user:{una.pk}", {"document": card.pk})

    def test_the_card_may_be_shown_in_person(self, amina, una, bureau):
        application = referred(amina)

        compare(application, una)

        assert ApplicationEvent.objects.get(kind="IDENTITY_CHECKED").data == {"document": None, "words": SAID}

    def test_compared_again_the_first_time_stays(self, amina, una, victor, bureau):
        application = referred(amina)
        compare(application, una)

        again = compare(application, victor, now=NOW + timedelta(days=1))

        assert (again.verified_at, again.verified_by) == (NOW, f"user:{una.pk}")
        assert ApplicationEvent.objects.filter(kind="IDENTITY_CHECKED").count() == 1

    def test_is_possible_after_the_decision_too(self, amina, una, bureau):
        application = decided(amina)
        assert application.status == "OFFERED"

        assert compare(application, una).verified_at == NOW

    @pytest.mark.parametrize(
        "other",
        [
            {"kind": "INCOME"},
            {"scan": "WAITING"},
            {"scan": "REFUSED", "refused_because": "MALWARE"},
            {"removed_at": NOW},
        ],
        ids=["no identity card", "not looked at yet", "refused by the scan", "taken back"],
    )
    def test_refuses_a_paper_that_proves_no_identity(self, other, amina, una, bureau):
        application = referred(amina)
        shown = paper(application, **other)

        with pytest.raises(NotAnIdentityPaper) as refused:
            compare(application, una, shown)

        assert (refused.value.code, refused.value.field) == ("not_an_identity_paper", "document")
        assert nobody_compared_anything()

    def test_refuses_the_paper_of_another_application(self, amina, brook, una, bureau):
        application, others = referred(amina), referred(brook, person={"number": BROOKS_NUMBER})
        card = paper(others)

        with pytest.raises(NotAnIdentityPaper):
            compare(application, una, card)

        assert nobody_compared_anything()

    def test_refuses_who_may_not(self, amina, una, sofia, chidi, bureau):
        application = referred(amina)

        for user in (sofia, chidi):
            with pytest.raises(MayNotReview):
                compare(application, user)

        assert nobody_compared_anything()

    def test_nobody_compares_their_own(self, amina, una, bureau):
        application = referred(amina)
        mine = User.objects.get(pk=amina.user_id)
        mine.role = User.Role.UNDERWRITER
        mine.save()

        with pytest.raises(OwnApplication):
            compare(application, User.objects.get(pk=mine.pk))

        assert nobody_compared_anything()

    def test_refuses_before_anything_is_handed_in_and_without_words(self, amina, brook, una, bureau):
        begun = draft(amina)
        application = referred(brook, person={"number": BROOKS_NUMBER})

        with pytest.raises(ApplicationStateChanged):
            compare(begun, una)
        with pytest.raises(WordsMissing):
            compare(application, una, words=" ")

        assert nobody_compared_anything()

    def test_the_paper_that_was_compared_stays(self, amina, una, bureau):
        application = referred(amina)
        card = paper(application)
        compare(application, una, card)

        with pytest.raises(DocumentInUse):
            remove_document(application_id=application.pk, document_id=card.pk, now=NOW, actor="user:1")

        card.refresh_from_db()
        assert card.removed_at is None


class TestPage:
    def address(self, application: Application, act: str = "change") -> str:
        return f"/admin/loans/application/{application.pk}/{act}/"

    def test_offers_the_act_once_and_then_shows_it(self, amina, una, bureau):
        application, client = referred(amina), signed_in(una)
        card = paper(application)
        paper(application, kind="INCOME")
        before = client.get(self.address(application)).content.decode()
        asked = client.get(self.address(application, "compare")).content.decode()

        client.post(self.address(application, "compare"), {"document": str(card.pk), "words": SAID})

        after = client.get(self.address(application)).content.decode()
        assert self.address(application, "compare") in before
        assert "Compared with the card" in before
        assert (card.name in asked, "card-1.jpg" in asked, "The card, shown in person" in asked) == (True, False, True)
        assert self.address(application, "compare") not in after
        assert f"· Una · {card.name}" in after
        assert f"{card.name} · {SAID}" in after

    def test_refuses_beside_the_field(self, amina, una, bureau):
        application, client = referred(amina), signed_in(una)
        other = paper(application, kind="INCOME")

        page = client.post(self.address(application, "compare"), {"document": str(other.pk), "words": SAID})

        assert "Select a valid choice." in page.content.decode()
        assert nobody_compared_anything()

    def test_is_closed_to_who_may_not(self, amina, sofia, chidi, bureau):
        application = referred(amina)
        given = {"document": "in_person", "words": SAID}

        refused = signed_in(sofia).post(self.address(application, "compare"), given).content.decode()
        hidden = signed_in(chidi).post(self.address(application, "compare"), given)

        assert "Your role may not do this with applications." in refused
        assert hidden.status_code == 404
        assert (
            self.address(application, "compare") not in signed_in(sofia).get(self.address(application)).content.decode()
        )
        assert nobody_compared_anything()


class TestOtherCustomers:
    def test_with_the_same_number_or_phone_are_named(self, amina, brook, una, bureau):
        loan = factories.approved_loan(brook)
        referred(brook, person={"number": BROOKS_NUMBER})
        application = referred(amina)

        [same] = same_customers(application, viewer=una)
        page = signed_in(una).get(f"/admin/loans/application/{application.pk}/change/").content.decode()

        assert (same.borrower, same.shared, same.loans) == (brook, ("phone",), 1)
        assert f'href="/admin/users/borrower/{brook.pk}/change/"' in page
        assert "Other customers with the same ID number or phone" in page
        assert loan.number not in page
        assert (AMINAS_NUMBER in page, BROOKS_NUMBER in page) == (False, False)

    def test_who_gave_both_is_listed_once(self, amina, brook, una, bureau):
        referred(brook)

        [same] = same_customers(referred(amina), viewer=una)

        assert (same.borrower, same.shared, same.loans) == (brook, ("number", "phone"), 0)

    def test_the_applicant_is_not_among_them_nor_who_gave_something_else(self, amina, brook, una, bureau):
        referred(brook, person={"number": BROOKS_NUMBER, "phone": "13900009999"})

        assert same_customers(referred(amina), viewer=una) == []

    def test_are_shown_to_nobody_who_may_not_see_customers(self, amina, brook, bureau):
        referred(brook)

        assert same_customers(referred(amina), viewer=amina.user) == []
