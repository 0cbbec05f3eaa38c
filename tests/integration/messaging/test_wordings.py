from datetime import date

import pytest

from dashu.approvals.authority import NotAuthorized
from dashu.approvals.services.decide import OwnRequest, approve, decline
from dashu.messaging.models import WordingVersion
from dashu.messaging.services.load_wordings import load_wordings
from dashu.messaging.services.wordings import (
    WordingFixed,
    WordingNeeded,
    retire_wording,
    save_draft,
    submit_wording,
)
from dashu.messaging.wording import MOST_SMS_PARTS, NoWording, Situation, WordingRefused, Wordings, sms_parts
from dashu.users.models import User
from tests import factories

TODAY = date(2026, 6, 1)
KEY = {"kind": "reminder.upcoming", "product": "", "bucket": "", "language": "en", "channel": "SMS"}
BODY = "{lender}: {amount} is due on {due_on}. Help: {pay_link} Stop: {opt_out_link}"

pytestmark = pytest.mark.usefixtures("policy_packs")


@pytest.fixture
def sara(db) -> User:
    return factories.staff("Sara", User.Role.SUPERVISOR)


@pytest.fixture
def tom(db) -> User:
    return factories.staff("Tom", User.Role.SUPERVISOR)


def draft(user, **changes) -> WordingVersion:
    given = {"subject": "", "body": BODY, **changes}
    key = {**KEY, **{name: given.pop(name) for name in list(given) if name in KEY}}
    return save_draft(key=key, user=user, today=TODAY, **given)


def ask(version, user, key="w1"):
    return submit_wording(version_id=version.pk, reason="Shorter", user=user, today=TODAY, idempotency_key=key)


def approved(user, other, **changes) -> WordingVersion:
    version = draft(user, **changes)
    approve(request_id=ask(version, user, f"w{version.pk}").pk, user=other, today=TODAY)
    version.refresh_from_db()
    return version


def said(product="consumer", bucket="CURRENT", channel="SMS") -> str:
    situation = Situation("reminder.upcoming", product, bucket)
    return Wordings.approved().most_specific(situation, language="en", channel=channel).body


class TestSaveDraft:
    @pytest.mark.parametrize(
        ("changes", "field", "words"),
        [
            ({"body": BODY + " {nmae}"}, "body", "no value {nmae}"),
            ({"body": BODY + " {amount.real}"}, "body", "no value {amount.real}"),
            ({"body": BODY + " {amount:>400}"}, "body", "no value {amount}"),
            ({"body": BODY + " {"}, "body", "braces do not match"),
            ({"body": BODY.replace("{opt_out_link}", "")}, "body", "must name {opt_out_link}"),
            ({"body": BODY.replace("{lender}", "We")}, "body", "must name {lender}"),
            ({"body": " "}, "body", "Write what the message says"),
            ({"body": BODY + " Or the police will come."}, "body", "Do not use “police”"),
            ({"body": BODY + " 否则我们联系您的家人"}, "body", "Do not use “家人”"),
            ({"body": BODY + " really" * 80}, "body", "text messages long"),
            ({"subject": "Hello"}, "subject", "no subject line"),
            ({"channel": "EMAIL"}, "subject", "Write the subject line"),
            ({"kind": "reminder.angry"}, "kind", "no kind of message"),
            ({"bucket": "M99"}, "bucket", "no such bucket"),
            ({"channel": "PIGEON"}, "channel", "no such channel"),
        ],
    )
    def test_refuses_what_could_not_be_sent_and_keeps_nothing(self, sara, changes, field, words):
        before = WordingVersion.objects.count()

        with pytest.raises(WordingRefused) as refusal:
            draft(sara, **changes)

        assert refusal.value.field == field
        assert words in refusal.value.user_message
        assert WordingVersion.objects.count() == before

    def test_a_word_within_another_is_no_threat(self, sara):
        assert draft(sara, body=BODY + " Thank you for your courtesy.").version == 2

    def test_a_draft_is_written_anew_and_a_used_text_gets_a_new_version(self, sara):
        version = draft(sara)
        again = draft(sara, version_id=version.pk, body=BODY + " Thanks.")

        assert (version.version, again.pk, again.body) == (2, version.pk, BODY + " Thanks.")
        used = WordingVersion.objects.get(**KEY, status="APPROVED")
        with pytest.raises(WordingFixed):
            draft(sara, version_id=used.pk)
        assert said() == used.body


class TestApproval:
    def test_another_person_puts_it_in_use_and_retires_the_one_before(self, sara, tom):
        before = WordingVersion.objects.get(**KEY, status="APPROVED")
        version = draft(sara)
        asked = ask(version, sara)
        assert said() == before.body

        with pytest.raises(OwnRequest):
            approve(request_id=asked.pk, user=sara, today=TODAY)
        approve(request_id=asked.pk, user=tom, today=TODAY)

        before.refresh_from_db()
        version.refresh_from_db()
        assert (before.status, version.status) == ("RETIRED", "APPROVED")
        assert said() == BODY

    def test_only_the_writer_asks_so_that_nobody_approves_their_own_words(self, sara, tom):
        with pytest.raises(NotAuthorized):
            ask(draft(sara), tom)

    def test_asking_again_with_the_same_key_is_one_request(self, sara):
        version = draft(sara)

        assert ask(version, sara).pk == ask(version, sara).pk

    def test_what_was_submitted_is_fixed_until_it_is_declined(self, sara, tom):
        version = draft(sara)
        asked = ask(version, sara)
        with pytest.raises(WordingFixed):
            draft(sara, version_id=version.pk)

        decline(request_id=asked.pk, user=tom, today=TODAY, note="Too short")
        again = draft(sara, version_id=version.pk, body=BODY + " Thanks.")

        assert again.status == "DRAFT"
        assert ask(again, sara, "w2").status == "PENDING"

    def test_a_collector_writes_and_does_not_decide(self, chidi, sara):
        asked = ask(draft(chidi), chidi)
        other = factories.staff("Cleo")

        with pytest.raises(NotAuthorized):
            approve(request_id=asked.pk, user=other, today=TODAY)
        assert approve(request_id=asked.pk, user=sara, today=TODAY).status == "APPROVED"


class TestMostSpecific:
    def test_product_and_bucket_before_product_before_bucket_before_any(self, sara, tom):
        for product, bucket in (("", "M1"), ("sme", ""), ("sme", "M1")):
            approved(sara, tom, product=product, bucket=bucket, body=f"{BODY} {product}-{bucket}")

        assert said("sme", "M1").endswith("sme-M1")
        assert said("sme", "M2").endswith("sme-")
        assert said("consumer", "M1").endswith("-M1")
        assert "-M1" not in said("consumer", "M2")
        # Loans of several products are told with the text for any.
        assert said("", "M1").endswith(" -M1")

    def test_a_special_text_can_be_taken_out_of_use_and_the_general_one_not(self, sara, tom):
        special = approved(sara, tom, product="sme", body=f"{BODY} special")

        retire_wording(version_id=special.pk, user=sara)

        assert "special" not in said("sme")
        with pytest.raises(WordingNeeded):
            retire_wording(version_id=WordingVersion.objects.get(**KEY, status="APPROVED").pk, user=sara)

    def test_without_any_text_nothing_is_said(self):
        with pytest.raises(NoWording):
            Wordings().most_specific(Situation("reminder.upcoming", "", ""), language="en", channel="SMS")


class TestLoadWordings:
    def test_every_kind_is_there_in_every_language_and_channel(self):
        in_use = WordingVersion.objects.filter(status="APPROVED", product="", bucket="")

        assert in_use.count() == 6 * 3 * 3

    def test_again_changes_nothing_and_leaves_alone_what_staff_wrote(self, sara, tom):
        approved(sara, tom)

        assert load_wordings(on=TODAY) == 0
        assert said() == BODY


class TestSmsParts:
    @pytest.mark.parametrize(
        ("text", "parts"),
        [
            *[("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 81, 2)],
            *[("应" * 70, 1), ("应" * 71, 2), ("应" * 134, 2), ("应" * 135, 3), ("a" * 70 + "应", 2)],
        ],
    )
    def test_counts_as_networks_do(self, text, parts):
        assert sms_parts(text) == parts

    def test_the_most_is_three(self):
        assert MOST_SMS_PARTS == 3
