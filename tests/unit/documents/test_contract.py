"""The contract paper: figures and clauses in each language, its font, and the same bytes for the same facts."""

import io

import pytest
from pypdf import PdfReader

from loans.domain.cost_sheet import digest_of
from tests.papers import text_of
from tests.unit.documents.contracts import BUSINESS, CARD, FACTS, SIGNED, contract
from tests.unit.loans.sheets import ENTRY, LEVEL, sheet


def fonts_of(content: bytes) -> dict[str, bool]:
    """Return every font of a PDF by name, and whether its signs are in the file."""
    found = {}
    for page in PdfReader(io.BytesIO(content)).pages:
        for font in page["/Resources"]["/Font"].values():
            for inner in font.get_object()["/DescendantFonts"]:
                descriptor = inner.get_object()["/FontDescriptor"].get_object()
                found[descriptor["/FontName"]] = bool({"/FontFile2", "/FontFile3"} & set(descriptor))
    return found


class TestContract:
    @pytest.mark.parametrize(
        ("language", "said"),
        [
            (
                "zh-hans",
                ["借款合同", "综合融资成本明示表", "冷静期", "放款后7天内", "不收提前还款费用", "每次最多¥500.00"],
            ),
            (
                "zh-hant",
                ["借款合約", "綜合融資成本明示表", "冷靜期", "放款後7天內", "不收提前還款費用", "每次最多¥500.00"],
            ),
            ("en", ["Loancontract", "Acopytoread.", "within7daysafterthepayout", "atmost¥500.00eachtime"]),
        ],
    )
    def test_says_what_was_agreed_in_the_language(self, language, said):
        text = text_of(contract(language))

        assert [part for part in said if part not in text] == []

    def test_has_every_figure_of_the_sheet(self):
        text = text_of(contract())

        for figure in ("20.60%", "18.87%", "¥12,000.00", "¥1,201.95", "¥60.00", "¥13,261.95", "¥18.40", "24%"):
            assert figure in text, figure
        for row in ("2026-09-15920.16180.005.001,105.16", "2027-08-151,083.9316.265.001,105.190.00"):
            assert row in text, row

    def test_names_the_parties_the_number_the_hash_and_the_code(self):
        text = text_of(contract())

        for said in (
            "李明",
            "110***********1234",
            "DS20260000123",
            digest_of(FACTS["sheet"]),
            "7K3M-0000-ABCD-XYZ1",
            "房屋装修",
        ):
            assert said in text, said

    @pytest.mark.parametrize(
        ("language", "said"),
        [
            ("zh-hans", "投诉免费受理：可致电400-000-0000（每天9:00至21:00），或致函上海市示范路1号。"),
            ("zh-hant", "申訴免費受理：可致電400-000-0000（每天9:00至21:00），或致函上海市示范路1号。"),
            ("en", "byphoneat400-000-0000,每天9:00至21:00,orinwritingto上海市示范路1号."),
        ],
    )
    def test_says_how_to_complain_and_to_whom_else(self, language, said):
        text = text_of(contract(language))

        assert said in text
        assert "12378" in text

    def test_of_a_business_names_entity_guarantors_and_covenants(self):
        text = text_of(contract(**BUSINESS))

        for said in ("杭州青禾商贸有限公司", "91330100MA27XYZ12A", "代表人李明", "王芳330***********567860%", "40%"):
            assert said in text, said
        assert "2026年12月31日每季度提供财务报表" in text
        assert "每位保证人仅就其姓名旁列明的债务份额承担责任" in text
        assert "保证人" not in text_of(contract())

    def test_of_a_card_is_paid_to_the_issuer_only(self):
        text = text_of(contract(**CARD))

        assert "招商银行6225********1234" in text
        assert "仅限招商银行" in text
        assert "全额付给借款人" not in text

    def test_says_whether_it_is_signed_and_how(self):
        assert "尚未签署" in text_of(contract())

        signed = text_of(contract(**SIGNED))

        assert "2026-08-1410:29:31+0800" in signed
        assert "138****5678" in signed
        assert "ab" * 32 in signed
        assert "尚未签署" not in signed

    def test_without_cooling_off_promises_none(self):
        assert "冷静期" not in text_of(contract(cooling_off_days=0))

    def test_says_that_an_upfront_fee_comes_with_the_first_installment(self):
        text = text_of(contract(sheet=sheet(LEVEL, ENTRY).document))

        assert "一次性¥1,000.00，随第一期收取；不从放款金额中扣除" in text
        assert "2026-09-15920.16180.001,000.002,100.16" in text

    def test_numbers_its_pages(self):
        pages = PdfReader(io.BytesIO(contract())).pages

        assert len(pages) == 3
        for number, page in enumerate(pages, start=1):
            assert f"{number}/3" in "".join(page.extract_text().split())

    def test_brings_its_font(self):
        fonts = fonts_of(contract())

        assert {name.split("+")[-1] for name in fonts} == {"NotoSansSC-Regular"}
        assert all(fonts.values())

    def test_has_the_same_bytes_for_the_same_facts(self):
        assert contract() == contract()
        assert contract() != contract(borrower="李明明")

    def test_shows_markup_in_a_name_as_it_is(self):
        assert "#[1]*$x$" in text_of(contract(borrower="#[1] *$x$"))
