"""Scripts in the browser: what is said today, writing a version, its preview, its approval, and what a case shows."""

import pytest

from collections_mgmt.models import CollectorProfile, ScriptVersion, Team
from dashu.approvals.models import ApprovalRequest
from dashu.kernel.dates import lender_now
from dashu.users.models import User
from tests import factories
from tests.integration.collections_mgmt.test_script_versions import STEPS, TEXTS, TITLE
from tests.integration.staff.test_file_pages import DESK, late_people, signed_in, taken

SCRIPTS = "/admin/collections_mgmt/scriptversion/"
GIVEN = {
    "steps": STEPS,
    **{f"title_{language}": text for language, text in TITLE.items()},
    **{f"text_{language}": text for language, text in TEXTS.items()},
}


@pytest.fixture
def sun(policy_packs) -> User:
    return factories.staff("Sun", User.Role.SUPERVISOR)


class TestScripts:
    def test_lists_what_is_said_today_with_made_up_figures(self, sun):
        page = signed_in(sun).get(SCRIPTS).content.decode()

        assert "Said today" in page
        assert "¥1,100.16 has been open for 12 days." in page
        assert f"{SCRIPTS}write/?of=opening" in page

    def test_from_the_form_to_the_case(self, sun):
        chidi = factories.staff("Chidi")
        early = Team.objects.create(code="early", name="Early")
        CollectorProfile.objects.create(user=chidi, team=early, languages=["zh-hans", "en"])
        late_people("Amina")
        desk = signed_in(chidi)
        file = taken(desk)
        client = signed_in(sun)
        assert "Good day, this is {lender}." in client.get(f"{SCRIPTS}write/?of=opening").content.decode()

        answer = client.post(f"{SCRIPTS}write/?of=opening", GIVEN)

        version = ScriptVersion.objects.get()
        assert answer.url == f"{SCRIPTS}{version.pk}/change/"
        page = client.get(answer.url).content.decode()
        assert "Beside what is in use" in page
        assert "Ask for approval" in page
        form = client.get(f"{SCRIPTS}{version.pk}/ask/").context["form"]
        client.post(f"{SCRIPTS}{version.pk}/ask/", {"reason": "Shorter.", "key": form.initial["key"]})
        request = ApprovalRequest.objects.get()
        said = f"{DESK}{file.pk}/change/"
        assert "您好，这里是" in desk.get(said).content.decode()

        other = signed_in(factories.staff("Tala", User.Role.SUPERVISOR))
        address = f"/admin/approvals/approvalrequest/{request.pk}/change/"
        asked = other.get(address)
        assert "Say this from now on: script opening, version 2." in asked.content.decode()
        other.post(address, {"decision": "approve", "note": "", "seen": asked.context["seen"]})

        assert ScriptVersion.objects.get().status == "APPROVED"
        page = desk.get(said).content.decode()
        assert "您好，这里是" not in page
        assert "version 2" in page

    def test_a_withdrawn_one_is_no_longer_listed_as_said(self, sun):
        tala = signed_in(factories.staff("Tala", User.Role.SUPERVISOR))
        version = ScriptVersion.objects.create(
            code="thanks", version=1, status="APPROVED", steps=["ASK_AFTER"], title=TITLE, texts=TEXTS, made_by=sun,
            approved_at=lender_now(),
        )  # fmt: skip
        address, client = f"{SCRIPTS}{version.pk}/", signed_in(sun)
        assert "Ask to withdraw it" in client.get(f"{address}change/").content.decode()
        form = client.get(f"{address}withdraw/").context["form"]

        client.post(f"{address}withdraw/", {"reason": "Nobody needs it.", "key": form.initial["key"]})

        page = client.get(f"{address}change/").content.decode()
        assert "It is said until another person has decided." in page
        assert "Ask to withdraw it" not in page
        request = ApprovalRequest.objects.get()
        decided = f"/admin/approvals/approvalrequest/{request.pk}/change/"
        asked = tala.get(decided)
        assert "Say this no more: script thanks, version 1." in asked.content.decode()
        tala.post(decided, {"decision": "approve", "note": "", "seen": asked.context["seen"]})
        assert "?of=thanks" not in client.get(SCRIPTS).content.decode()
        assert "Withdrawn" in client.get(f"{address}change/").content.decode()
        assert "Hello, {lender} here." in client.get(f"{SCRIPTS}write/?of=thanks").content.decode()

    def test_says_at_the_field_what_has_to_be_said_and_keeps_what_was_typed(self, sun):
        page = signed_in(sun).post(f"{SCRIPTS}write/?of=opening", {**GIVEN, "text_en": "Hello there."}).content.decode()

        assert "This text has to say: who is calling." in page
        assert "Hello there." in page
        assert ScriptVersion.objects.exists() is False

    def test_collectors_read_and_do_not_write(self, sun):
        signed_in(sun).post(f"{SCRIPTS}write/?of=opening", GIVEN)
        version = ScriptVersion.objects.get()
        client = signed_in(factories.staff("Chidi"))

        assert "Write a new version" not in client.get(SCRIPTS).content.decode()
        assert client.get(f"{SCRIPTS}{version.pk}/change/").status_code == 200
        assert client.post(f"{SCRIPTS}write/?of=opening", GIVEN).status_code == 403
        assert client.post(f"{SCRIPTS}{version.pk}/edit/", GIVEN).status_code == 403
        assert client.post(f"{SCRIPTS}{version.pk}/ask/", {"reason": "x"}).status_code == 403
        assert client.post(f"{SCRIPTS}{version.pk}/withdraw/", {"reason": "x"}).status_code == 403
        assert ScriptVersion.objects.count() == 1

    @pytest.mark.parametrize("role", ["UNDERWRITER", "ACCOUNTANT"])
    def test_are_closed_to_other_roles(self, role, policy_packs):
        assert signed_in(factories.staff("Una", role)).get(SCRIPTS).status_code == 403
