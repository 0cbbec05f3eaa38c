"""The cost sheet of the chosen offer through the API: as data and as a paper. Reading it is nobody's signature."""

from hashlib import sha256
from json import dumps

import pytest

from dashu.audit.models import AuditRecord
from dashu.kernel.dates import lender_now
from loans.models import Disclosure
from loans.services.choose_offer import reconsider_offers
from tests import factories
from tests.integration.api.conftest import assert_problem, program_of
from tests.papers import text_of
from tests.signers import READ, chosen, understand

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]


@pytest.fixture
def application(amina, dana):
    application = chosen(amina, now=lender_now() - READ)
    application.partner = dana
    application.save()
    return application


def of(application, rest=""):
    return f"applications/{application.reference}/disclosure{rest}"


class TestGetDisclosure:
    def test_is_the_sheet_of_the_chosen_offer_with_its_digest(self, program, application):
        shown = program.get(of(application)).json()

        canonical = dumps(shown["document"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert shown["digest"] == sha256(canonical.encode()).hexdigest()
        assert (shown["version"], shown["language"], shown["position"], shown["reading"]) == (1, "en", 1, None)
        assert shown["costs"][0]["name"] == "Interest"
        assert not Disclosure.objects.exists()

    def test_says_how_far_the_applicant_has_read_it(self, program, application):
        understand(application, now=lender_now())

        shown = program.get(of(application, "?fields=reading,digest")).json()

        assert shown["reading"]["sheet_digest"] == shown["digest"]
        assert None not in shown["reading"].values()

    def test_before_an_offer_is_chosen_is_not_found(self, program, application):
        reconsider_offers(application_id=application.pk, now=lender_now(), actor="partner:dana")

        assert_problem(program.get(of(application)), 404, "offer_not_found", "offer")

    def test_of_another_partner_is_not_found(self, application):
        eve = program_of(factories.partner("Eve"))

        for rest in ("", "/pdf"):
            assert_problem(eve.get(of(application, rest)), 404, "application_not_found", "application")


class TestDownloadDisclosure:
    @pytest.mark.parametrize(("language", "words"), [("zh-hans", "公证费"), ("zh-hant", "公證費"), ("en", "Notaryfee")])
    def test_is_a_paper_in_a_language(self, program, application, language, words):
        answer = program.get(of(application, f"/pdf?language={language}"))

        digest = program.get(of(application, "?fields=digest")).json()["digest"]
        text = text_of(answer.content)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        assert digest in text
        assert application.reference in text
        assert words in text
        assert answer["Cache-Control"] == "private, no-store"
        record = AuditRecord.objects.get(action="loans.cost_sheet_downloaded")
        assert record.data == {"sheet": digest, "language": language}

    def test_is_the_same_bytes_again(self, program, application):
        assert program.get(of(application, "/pdf")).content == program.get(of(application, "/pdf")).content

    @pytest.mark.parametrize(
        ("query", "code", "field"), [("language=fr", "invalid_choice", "language"), ("as=x", "unknown_field", "as")]
    )
    def test_refuses_a_wrong_parameter(self, program, application, query, code, field):
        assert_problem(program.get(of(application, f"/pdf?{query}")), 422, code, field)
        assert not AuditRecord.objects.filter(action="loans.cost_sheet_downloaded").exists()
