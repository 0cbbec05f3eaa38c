"""New versions of scripts: written by one, approved by another, and only then said."""

from datetime import timedelta

import pytest

from collections_mgmt.domain.scripts import scripts
from collections_mgmt.models import ScriptVersion
from collections_mgmt.selectors.scripts import scripts_in_use
from collections_mgmt.services.scripts import (
    ScriptFixed,
    ScriptRefused,
    approve_script,
    ask_withdrawal,
    save_script_draft,
    submit_script,
    withdraw_script,
)
from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import OwnRequest, approve, decline
from dashu.users.models import User
from tests import factories
from tests.integration.collections_mgmt.desk_cases import NOW, TODAY

pytestmark = pytest.mark.usefixtures("policy_packs")

TITLE = {"en": "Opening", "zh-hans": "开场", "zh-hant": "開場"}
TEXTS = {"en": "Hello, {lender} here.", "zh-hans": "您好，{lender}。", "zh-hant": "您好，{lender}。"}
STEPS = ["REMIND", "ASK_AFTER", "OFFER_PLAN", "CARE_REVIEW"]


@pytest.fixture
def sun(policy_packs) -> User:
    return factories.staff("Sun", User.Role.SUPERVISOR)


@pytest.fixture
def tala(policy_packs) -> User:
    return factories.staff("Tala", User.Role.SUPERVISOR)


def draft(user, *, code="opening", steps=STEPS, title=TITLE, now=NOW, version_id=None, **texts) -> ScriptVersion:
    said = {**TEXTS, **{language.replace("_", "-"): text for language, text in texts.items()}}
    return save_script_draft(code=code, steps=steps, title=title, texts=said, user=user, now=now, version_id=version_id)


def submitted(version, user, *, key="k") -> ApprovalRequest:
    return submit_script(version_id=version.pk, reason="Shorter.", user=user, today=TODAY, idempotency_key=key)


def in_use(code="opening"):
    return next((script for script in scripts_in_use() if script.code == code), None)


class TestWay:
    def test_from_the_draft_by_another_person_to_what_is_said(self, sun, tala):
        version = draft(sun)
        assert (version.version, version.status, in_use().version) == (2, "DRAFT", 1)

        request = submitted(version, sun)
        assert (request.status, in_use().version) == ("PENDING", 1)
        assert request.preview[0]["rows"][-1][1].startswith("Opening\nGood day, this is {lender}.")
        approve(request_id=request.pk, user=tala, today=TODAY)

        version.refresh_from_db()
        assert version.status == "APPROVED"
        assert (in_use().version, in_use().texts) == (2, TEXTS)
        assert len(scripts_in_use()) == len(scripts())

    def test_nobody_approves_their_own(self, sun):
        request = submitted(draft(sun), sun)

        with pytest.raises(OwnRequest):
            approve(request_id=request.pk, user=sun, today=TODAY)

        assert in_use().version == 1

    def test_the_version_before_stays_on_record(self, sun, tala):
        for number in (2, 3):
            request = submitted(draft(sun, en=f"Hello {number} from {{lender}}."), sun, key=str(number))
            approve(request_id=request.pk, user=tala, today=TODAY)

        kept = ScriptVersion.objects.order_by("version").values_list("version", "status")
        assert list(kept) == [(2, "RETIRED"), (3, "APPROVED")]
        assert in_use().texts["en"] == "Hello 3 from {lender}."

    def test_a_declined_one_is_a_draft_again_and_a_submitted_one_is_fixed(self, sun, tala):
        version = draft(sun)
        request = submitted(version, sun)
        with pytest.raises(ScriptFixed):
            draft(sun, version_id=version.pk, en="Other, {lender}.")

        decline(request_id=request.pk, user=tala, note="Too short.", today=TODAY)

        again = draft(sun, version_id=version.pk, en="Other, {lender}.", now=NOW + timedelta(hours=1))
        assert (again.status, again.version, again.texts["en"]) == ("DRAFT", 2, "Other, {lender}.")

    def test_submitting_again_is_one_request_and_another_text_is_not_approved(self, sun):
        version = draft(sun)
        request = submitted(version, sun)

        assert submitted(version, sun) == request
        with pytest.raises(ScriptFixed):
            approve_script(version_id=version.pk, digest="another", actor="user:1", today=TODAY)
        assert in_use().version == 1

    def test_only_who_wrote_it_asks_and_only_who_leads_writes(self, sun, tala):
        with pytest.raises(NotAuthorized):
            submitted(draft(sun), tala)
        with pytest.raises(NotAuthorized):
            draft(factories.staff("Chidi"))

        assert ApprovalRequest.objects.exists() is False
        assert ScriptVersion.objects.count() == 1

    def test_a_new_script_comes_beside_the_others(self, sun, tala):
        request = submitted(draft(sun, code="thanks", steps=["ASK_AFTER"]), sun)
        approve(request_id=request.pk, user=tala, today=TODAY)

        assert (in_use("thanks").version, in_use("thanks").is_disclosure) == (1, False)
        assert len(scripts_in_use()) == len(scripts()) + 1


def approved(sun, tala, *, code="thanks", key="k", **texts) -> ScriptVersion:
    request = submitted(draft(sun, code=code, steps=["ASK_AFTER"], **texts), sun, key=key)
    approve(request_id=request.pk, user=tala, today=TODAY)
    return ScriptVersion.objects.get(pk=request.payload["version_id"])


def asked_to_go(version, user, *, key="go") -> ApprovalRequest:
    return ask_withdrawal(version_id=version.pk, reason="Nobody needs it.", user=user, today=TODAY, idempotency_key=key)


class TestWithdrawal:
    def test_takes_it_out_of_use_once_another_person_agrees_and_keeps_it_on_record(self, sun, tala):
        version = approved(sun, tala)
        request = asked_to_go(version, sun)
        assert request.preview[0]["rows"][-1][1] == "Opening\nHello, {lender} here."
        assert in_use("thanks").version == 1

        approve(request_id=request.pk, user=tala, today=TODAY)

        version.refresh_from_db()
        assert (version.status, version.texts, version.withdrawal_id) == ("WITHDRAWN", TEXTS, request.pk)
        assert version.approved_at <= version.retired_at
        assert in_use("thanks") is None
        assert len(scripts_in_use()) == len(scripts())

    def test_needs_another_person_and_is_asked_for_once(self, sun, tala):
        version = approved(sun, tala)
        request = asked_to_go(version, sun)

        assert asked_to_go(version, sun) == request
        with pytest.raises(ScriptFixed, match="Somebody asked"):
            asked_to_go(version, tala, key="other")
        with pytest.raises(OwnRequest):
            approve(request_id=request.pk, user=sun, today=TODAY)
        with pytest.raises(NotAuthorized):
            asked_to_go(version, factories.staff("Chidi"), key="third")

        assert in_use("thanks").version == 1
        assert ApprovalRequest.objects.count() == 2

    def test_can_be_asked_for_again_when_it_was_declined(self, sun, tala):
        version = approved(sun, tala)
        decline(request_id=asked_to_go(version, sun).pk, user=tala, note="It is needed.", today=TODAY)

        again = asked_to_go(version, sun, key="again")

        assert (again.status, in_use("thanks").version) == ("PENDING", 1)

    def test_a_newer_version_brings_the_script_back(self, sun, tala):
        version = approved(sun, tala)
        withdraw_script(version_id=version.pk, actor="user:1", today=TODAY)

        approved(sun, tala, key="newer", en="Thank you, says {lender}.")

        assert (in_use("thanks").version, in_use("thanks").texts["en"]) == (2, "Thank you, says {lender}.")
        kept = ScriptVersion.objects.order_by("version").values_list("version", "status")
        assert list(kept) == [(1, "WITHDRAWN"), (2, "APPROVED")]

    def test_what_has_to_be_said_stays(self, sun, tala):
        request = submitted(draft(sun), sun)
        approve(request_id=request.pk, user=tala, today=TODAY)
        opening = ScriptVersion.objects.get()

        with pytest.raises(ScriptRefused, match="who is calling"):
            asked_to_go(opening, sun)

        assert in_use().version == 2
        assert ApprovalRequest.objects.count() == 1

    def test_what_is_not_in_use_is_not_withdrawn(self, sun):
        version = draft(sun, code="thanks", steps=["ASK_AFTER"])

        with pytest.raises(ScriptFixed):
            asked_to_go(version, sun)

        assert ApprovalRequest.objects.exists() is False


class TestRefusals:
    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"en": "Hello."}, "text_en"),
            ({"zh_hant": " "}, "text_zh-hant"),
            ({"en": "{lender}, {secret}"}, "text_en"),
            ({"en": "{lender}, {amount!r}"}, "text_en"),
            ({"en": "{lender} {"}, "text_en"),
            ({"en": "{lender}: you liar."}, "text_en"),
            ({"zh_hans": "{lender}：老赖。"}, "text_zh-hans"),
            ({"title": {**TITLE, "en": ""}}, "title_en"),
            ({"steps": []}, "steps"),
            ({"steps": ["LEGAL_REVIEW"]}, "steps"),
        ],
    )
    def test_name_the_field_and_keep_nothing(self, sun, given, field):
        with pytest.raises(ScriptRefused) as refused:
            draft(sun, **given)

        assert refused.value.field == field
        assert ScriptVersion.objects.exists() is False

    def test_what_has_to_be_disclosed_cannot_be_left_out(self, sun):
        closing = next(script for script in scripts() if script.code == "closing")
        kept = {"code": "closing", "title": closing.title, "steps": [step.value for step in closing.steps]}
        said = {language.replace("-", "_"): text for language, text in closing.texts.items()}

        with pytest.raises(ScriptRefused, match="how to complain"):
            draft(sun, **kept, **{**said, "en": said["en"].replace("{complaint_phone}", "the phone")})
        with pytest.raises(ScriptRefused, match="nothing would be said"):
            draft(sun, **{**kept, "steps": ["REMIND"]}, **said)

        assert ScriptVersion.objects.exists() is False
        assert draft(sun, **kept, **said).is_disclosure is True
