"""One e-mail that points to what waits unread in the borrower's own account."""

from datetime import datetime, timedelta

import pytest

from dashu.kernel.dates import LENDER_ZONE
from dashu.messaging.models import ContactPoint, ContactPreference, OutboxMessage
from dashu.messaging.notices import TOPICS
from dashu.messaging.sending import send_due
from dashu.messaging.services.tell_of_unread import tell_of_unread
from dashu.messaging.templates import all_templates, render
from dashu.policy.models import PolicyRule
from dashu.policy.selectors import PolicyRuleMissing, forget_rules
from dashu.users.models import User
from tests import factories

NOON = datetime(2026, 5, 1, 12, tzinfo=LENDER_ZONE)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

pytestmark = pytest.mark.usefixtures("policy_packs")


def told(borrower, at=NOON, template="repayments.receipt", **changes):
    fields = {
        "channel": "IN_APP",
        "status": "SENT",
        "language": "en",
        "sent_at": at,
        "subject": "We have received ¥1,100.16",
        **changes,
    }
    number = OutboxMessage.objects.count()
    return factories.message(borrower, dedupe_key=f"told:{number}", template=template, **fields)


def notices():
    return OutboxMessage.objects.filter(dedupe_key__startswith="notice:")


class TestUnread:
    def test_for_an_hour_is_told_by_email_once(self, amina):
        told(amina)

        assert tell_of_unread(now=NOON + HOUR - timedelta(seconds=1)) == 0
        assert tell_of_unread(now=NOON + HOUR) == 1
        assert tell_of_unread(now=NOON + HOUR) == 0

        notice = notices().get()
        assert notice.dedupe_key == f"notice:{amina.pk}:2026-05-01"
        assert (notice.borrower, notice.channel, notice.purpose, notice.language) == (amina, "EMAIL", "SERVICE", "en")

    def test_is_told_with_the_topic_and_links_and_nothing_else(self, amina):
        told(amina)
        tell_of_unread(now=NOON + HOUR)

        assert send_due(clock=lambda: NOON + HOUR, until=NOON + 2 * HOUR) == {"SENT": 1}

        mail = notices().get()
        assert mail.subject == "Unread in your account: about your payments"
        what, read, stop = mail.body.split("\n")
        assert what == (
            "Something in your account has not been opened for an hour. For your privacy, it stands only there."
        )
        assert read.startswith("Read it here: http")
        assert read.endswith("/messages/")
        assert stop.endswith("/me/contact/")

    def test_of_several_topics_names_none(self, amina):
        told(amina)
        told(amina, template="collections.help_answered")

        tell_of_unread(now=NOON + HOUR)

        assert notices().get().template == "notice.several"

    def test_is_told_at_most_once_a_day_and_of_each_message_once(self, amina):
        told(amina)
        tell_of_unread(now=NOON + HOUR)
        told(amina, NOON + 2 * HOUR, template="privacy.export_failed")

        assert tell_of_unread(now=NOON + 4 * HOUR) == 0
        assert tell_of_unread(now=NOON + DAY) == 1
        assert tell_of_unread(now=NOON + 2 * DAY) == 0
        assert list(notices().order_by("pk").values_list("template", flat=True)) == ["notice.payments", "notice.data"]

    def test_is_not_told_of_what_is_old(self, amina):
        told(amina, NOON - 3 * DAY)

        assert tell_of_unread(now=NOON) == 0

    def test_is_told_to_each_borrower_by_one_statement(self, amina, django_assert_num_queries):
        for number in range(5):
            told(factories.borrower(f"Brook{number}", email=f"brook{number}@example.com"))
        tell_of_unread(now=NOON)  # reads the rules

        with django_assert_num_queries(4):  # two of them are the savepoint
            assert tell_of_unread(now=NOON + HOUR) == 5


class TestNobodyIsTold:
    def refused(self, now=NOON + HOUR) -> bool:
        return tell_of_unread(now=now) == 0 and not notices().exists()

    def test_of_what_was_read_in_time(self, amina):
        told(amina, read_at=NOON + HOUR / 2)

        assert self.refused()

    @pytest.mark.parametrize("changes", [{"purpose": "REMINDER"}, {"status": "PENDING"}, {"template": "notice.loan"}])
    def test_of_what_is_no_message_of_the_contract_in_the_account(self, amina, changes):
        told(amina, **changes)

        assert self.refused()

    def test_of_what_was_mailed_anyway(self, amina):
        told(amina, params={"until_on": "2026-05-08"}, template="privacy.export_ready")
        told(amina, params={"until_on": "2026-05-08"}, template="privacy.export_ready", channel="EMAIL")

        assert self.refused()

    def test_without_an_address(self, amina):
        amina.email = ""
        amina.save()
        told(amina)

        assert self.refused()

    def test_at_an_address_that_does_not_work(self, amina):
        ContactPoint.objects.create(borrower=amina, channel="EMAIL", address_key=amina.email, invalid_since=NOON)
        told(amina)

        assert self.refused()

    def test_at_night_and_in_the_morning_they_are(self, amina):
        told(amina, datetime(2026, 5, 1, 22, tzinfo=LENDER_ZONE))

        assert self.refused(datetime(2026, 5, 1, 23, 30, tzinfo=LENDER_ZONE))
        assert tell_of_unread(now=datetime(2026, 5, 2, 9, tzinfo=LENDER_ZONE)) == 1

    def test_whose_account_is_closed(self, amina):
        User.objects.filter(borrower=amina).update(is_active=False)
        told(amina)

        assert self.refused()

    @pytest.mark.parametrize("wish", [{"wants_notices": False}, {"channel": "IN_APP"}])
    def test_who_does_not_want_it(self, amina, wish):
        ContactPreference.objects.create(borrower=amina, **wish)
        told(amina)

        assert self.refused()

    def test_while_the_hours_are_unknown(self, amina):
        PolicyRule.objects.filter(code="contact.hours").delete()
        forget_rules()
        told(amina)

        with pytest.raises(PolicyRuleMissing):
            tell_of_unread(now=NOON + HOUR)

        assert notices().exists() is False


class TestWaiting:
    def test_is_given_up_when_all_was_read_meanwhile(self, amina):
        message = told(amina)
        tell_of_unread(now=NOON + HOUR)
        OutboxMessage.objects.filter(pk=message.pk).update(read_at=NOON + HOUR)

        tell_of_unread(now=NOON + 2 * HOUR)

        assert notices().get().status == "CANCELLED"


class TestTopics:
    def test_each_is_written_in_each_language_alike_but_for_the_words(self, db):
        texts = {template.code for template in all_templates() if template.code.startswith("notice.")}
        values = {"link": "https://d/messages/", "wishes_link": "https://d/me/contact/"}

        assert texts == {*TOPICS.values(), "notice.several"}
        for code in texts:
            said = {language: render(code, values, language) for language in ("en", "zh-hans", "zh-hant")}
            assert len({text.subject for text in said.values()}) == 3
            assert all(len(text.body.split("\n")) == 3 for text in said.values())
