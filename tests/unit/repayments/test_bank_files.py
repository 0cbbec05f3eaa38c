"""The same four lines of one account, in every format, layout and encoding; and files that are not taken."""

from datetime import date
from pathlib import Path

import pytest

from repayments.domain.bank_files import values
from repayments.domain.bank_files.reading import read_bank_file
from repayments.domain.bank_files.values import BankFileRefused, FileLine, identities

GOLDEN = Path(__file__).parents[2] / "golden" / "bank"
FILES = {
    "plain_utf8.csv": ("CSV", "UTF-8", "plain"),
    "plain_utf8_bom.csv": ("CSV", "UTF-8", "plain"),
    "plain_gb18030.csv": ("CSV", "GB18030", "plain"),
    "icbc_gb18030.csv": ("CSV", "GB18030", "icbc"),
    "ccb_utf8_bom.csv": ("CSV", "UTF-8", "ccb"),
    "cmb_gb18030.csv": ("CSV", "GB18030", "cmb"),
    "boc_gb18030.csv": ("CSV", "GB18030", "boc"),
    "camt053_v2_utf8.xml": ("CAMT053", "UTF-8", ""),
    "camt053_v8_utf8_bom.xml": ("CAMT053", "UTF-8", ""),
    "camt053_v8_gb18030.xml": ("CAMT053", "GB18030", ""),
    "mt940_utf8.sta": ("MT940", "UTF-8", ""),
    "mt940_gb18030.sta": ("MT940", "GB18030", ""),
    "mt940_structured_utf8_bom.sta": ("MT940", "UTF-8", ""),
}
WITHOUT_REFERENCE = {"icbc_gb18030.csv"}
WITHOUT_VALUE_DATE = {"icbc_gb18030.csv", "ccb_utf8_bom.csv"}


def read(content: str | bytes, **options):
    return read_bank_file(content.encode() if isinstance(content, str) else content, currency="CNY", **options)


def refusal(content: str | bytes, **options) -> BankFileRefused:
    with pytest.raises(BankFileRefused) as caught:
        read(content, **options)
    return caught.value


class TestGoldenFiles:
    def test_are_all_listed(self):
        assert {path.name for path in GOLDEN.iterdir()} == set(FILES)

    @pytest.mark.parametrize("name", FILES)
    def test_are_told_apart_by_what_stands_in_them(self, name):
        file = read((GOLDEN / name).read_bytes())

        assert (file.format.value, file.encoding, file.layout) == FILES[name]
        assert file.problems == ()

    @pytest.mark.parametrize("name", FILES)
    def test_say_the_same_four_lines(self, name):
        (statement,) = read((GOLDEN / name).read_bytes()).statements

        assert statement.account.rpartition("/")[2] == "6222000011112222"
        assert (statement.currency, statement.opening, statement.closing) == ("CNY", 50_000_00, 40_289_12)
        assert [line.booked_on.isoformat() for line in statement.lines] == [
            "2026-02-15",
            "2026-02-15",
            "2026-02-16",
            "2026-02-16",
        ]
        assert [line.amount for line in statement.lines] == [1_100_16, 1_100_16, -12_000_00, 88_80]
        assert [line.balance for line in statement.lines] == [51_100_16, 52_200_32, 40_200_32, 40_289_12]
        names = ["林小雨", "陳嘉欣", "林小雨", "深圳市某某有限公司"]
        assert [line.counterparty_name for line in statement.lines] == names
        assert [line.counterparty_account[-4:] for line in statement.lines] == ["7890", "0000", "7890", "3333"]
        for line, words in zip(
            statement.lines, ["DS20260000012", "本月还款", "OUT-DS20260000013", "货款"], strict=True
        ):
            assert words in line.text
        last_value_on = date(2026, 2, 16 if name in WITHOUT_VALUE_DATE else 17)
        assert statement.lines[-1].value_on == last_value_on
        first_reference = "" if name in WITHOUT_REFERENCE else "F20260215001"
        assert statement.lines[0].bank_reference == first_reference

    @pytest.mark.parametrize("name", [name for name in FILES if name.startswith("camt")])
    def test_tell_of_an_entry_that_the_bank_has_not_booked(self, name):
        (statement,) = read((GOLDEN / name).read_bytes()).statements

        (pending,) = statement.left_out
        text = (GOLDEN / name).read_bytes().decode("gb18030" if "gb18030" in name else "utf-8-sig")
        assert pending.refusal.code == "bank_line_not_booked"
        assert text.splitlines()[pending.line - 1].strip() == "<Ntry>"
        assert "PDNG" in text.splitlines()[pending.line + 2]


PLAIN = "account,date,amount,balance,name,text,bank_reference\n"


class TestTables:
    def test_bad_lines_are_told_with_line_column_and_code_and_the_others_taken(self):
        file = read(
            PLAIN
            + "1,2026-02-15,10.00,,A,one,R1\n"
            + "1,15 Feb,10.00,,A,two,R2\n"
            + "1,2026-02-15,10.001,,A,three,R3\n"
            + "1,2026-02-15,,,A,four,R4\n"
            + "1,2026-02-15,10.00,,A\n"
            + f"1,2026-02-15,10.00,,{'x' * 201},six,R6\n"
            + '1,2026-02-15,"1,0.00",,A,seven,R7\n'
            + "1,2026-02-16,-2.50,,B,eight,R8\n"
        )

        assert [line.amount for line in file.statements[0].lines] == [10_00, -2_50]
        assert [(one.line, one.column, one.refusal.code) for one in file.problems] == [
            (3, "date", "bank_line_date"),
            (4, "amount", "bank_line_amount"),
            (5, "amount", "bank_line_amount"),
            (6, "", "bank_line_refused"),
            (7, "name", "bank_line_text"),
            (8, "amount", "bank_line_amount"),
        ]

    @pytest.mark.parametrize("amount", ["1e3", "NaN", "Infinity", "1.2.3", "--5", "１０元", "9" * 15, "0x10", "1,00"])
    def test_an_amount_that_is_none_is_told(self, amount):
        file = read(PLAIN + f'1,2026-02-15,5.00,,A,t,R1\n1,2026-02-15,"{amount}",,A,t,R2\n')

        assert [(one.line, one.column) for one in file.problems] == [(3, "amount")]

    @pytest.mark.parametrize(
        ("written", "minor"),
        [("1,234.50", 1_234_50), ("¥10", 10_00), ("１０.５", 10_50), ("(3.00)", -3_00), ("−4", -4_00), ("+.5", 50)],
    )
    def test_an_amount_is_read_as_banks_write_it(self, written, minor):
        file = read(PLAIN + f'1,2026-02-15,"{written}",,A,t,R1\n')

        assert [line.amount for line in file.statements[0].lines] == [minor]

    def test_a_balance_that_does_not_follow_refuses_the_file_and_names_the_line(self):
        found = refusal(
            PLAIN
            + "1,2026-02-15,10.00,110.00,A,one,R1\n"
            + "1,2026-02-15,10.00,120.00,A,two,R2\n"
            + "1,2026-02-15,10.00,130.01,A,three,R3\n"
        )

        assert (found.code, found.details) == ("bank_balance_mismatch", {"line": 4, "column": "balance"})

    def test_a_line_that_cannot_be_read_may_be_what_a_balance_lacks(self):
        file = read(
            PLAIN
            + "1,2026-02-15,10.00,110.00,A,one,R1\n"
            + "1,2026-02-15,x,120.00,A,two,R2\n"
            + "1,2026-02-15,10.00,130.00,A,three,R3\n"
        )

        assert len(file.statements[0].lines) == 2
        assert [(one.line, one.column) for one in file.problems] == [(3, "amount")]
        assert file.statements[0].opening is None

    def test_a_reference_that_comes_twice_without_balances_is_told(self):
        file = read(PLAIN + "1,2026-02-15,10.00,,A,one,R1\n1,2026-02-15,10.00,,A,one,R1\n")

        assert len(file.statements[0].lines) == 1
        assert [(one.line, one.column, one.refusal.code) for one in file.problems] == [
            (3, "bank_reference", "bank_line_repeated")
        ]

    def test_both_sides_filled_is_no_line(self):
        head = "账号,交易时间,借方发生额/元(支取),贷方发生额/元(收入),余额,币种,对方户名,摘要\n"

        file = read(head + "1,20260215,1.00,2.00,,人民币,A,x\n1,20260215,0.00,2.00,,人民币,A,x\n")

        assert [line.amount for line in file.statements[0].lines] == [2_00]
        assert [(one.line, one.column) for one in file.problems] == [(2, "贷方发生额/元(收入)")]

    def test_two_accounts_in_one_table_are_two_statements(self):
        file = read(PLAIN + "1,2026-02-15,10.00,,A,one,R1\n2,2026-02-15,20.00,,A,two,R1\n")

        assert [(one.account, len(one.lines)) for one in file.statements] == [("1", 1), ("2", 1)]

    def test_the_line_of_totals_is_no_line(self):
        assert read(PLAIN + "1,2026-02-15,10.00,,A,one,R1\n合计,,10.00,,,,\n").problems == ()

    def test_a_quote_that_does_not_end_is_told(self):
        file = read(PLAIN + '1,2026-02-15,10.00,,A,one,R1\n1,2026-02-15,10.00,,"A,one,R1\n')

        assert len(file.statements[0].lines) == 1
        assert [(one.line, one.refusal.code) for one in file.problems] == [(3, "bank_line_refused")]


class TestHostileFiles:
    @pytest.mark.parametrize("content", [b"", b"hello", b"a,b,c\n1,2,3\n", b"<html></html>", b"{}", b"PK\x03\x04"])
    def test_that_are_no_statement_are_refused(self, content):
        assert refusal(content).code in {"bank_file_unknown", "bank_file_malformed", "bank_file_encoding"}

    @pytest.mark.parametrize(
        "content", [b"\xff\xfea\x00", b"date,amount\x00", b"\x80\x81\x82", "日期".encode("utf-16"), bytes(range(256))]
    )
    def test_in_no_known_encoding_are_refused(self, content):
        assert refusal(content).code == "bank_file_encoding"

    def test_that_lie_about_their_encoding_are_refused(self):
        text = (GOLDEN / "camt053_v2_utf8.xml").read_text(encoding="utf-8")

        assert refusal(text.encode("gb18030")).code == "bank_file_encoding"
        assert refusal(text.replace('"UTF-8"', '"GB18030"').encode() + b"\xff").code == "bank_file_encoding"

    @pytest.mark.parametrize(
        "doctype",
        [
            '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
            '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd">',
            '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]>',
        ],
    )
    def test_with_entities_or_references_to_outside_are_refused(self, doctype):
        text = (GOLDEN / "camt053_v2_utf8.xml").read_text(encoding="utf-8")
        head, _end, body = text.partition("?>")

        assert refusal(f"{head}?>{doctype}{body}").code == "bank_file_unsafe_xml"

    def test_nested_without_end_are_refused(self):
        assert refusal("<Document>" + "<a>" * 100_000).code == "bank_file_unsafe_xml"

    def test_broken_in_the_middle_are_refused_with_the_line(self):
        text = (GOLDEN / "camt053_v2_utf8.xml").read_text(encoding="utf-8")
        lines = text.splitlines()

        found = refusal("\n".join([*lines[:20], "<oops", *lines[20:]]))

        assert (found.code, found.params["line"]) == ("bank_file_malformed", 22)

    def test_with_too_many_bytes_or_lines_are_refused(self, monkeypatch):
        assert refusal(b"x" * 20_000_001).code == "bank_file_too_large"
        monkeypatch.setattr(values, "MOST_LINES", 3)
        for name in ("plain_utf8.csv", "camt053_v2_utf8.xml", "mt940_utf8.sta"):
            assert refusal((GOLDEN / name).read_bytes()).code == "bank_file_too_large"

    def test_that_are_the_name_of_a_file_are_not_opened(self, tmp_path):
        (tmp_path / "x").write_bytes((GOLDEN / "mt940_utf8.sta").read_bytes())

        assert refusal(str(tmp_path / "x")).code == "bank_file_unknown"


class TestBalances:
    @pytest.mark.parametrize("name", ["camt053_v2_utf8.xml", "mt940_utf8.sta"])
    def test_that_the_lines_do_not_make_refuse_the_file(self, name):
        text = (GOLDEN / name).read_text(encoding="utf-8")
        changed = text.replace("88.80", "88.81").replace("88,80", "88,81")

        found = refusal(changed)

        assert (found.code, found.details) == ("bank_balance_mismatch", {"difference_minor": -1})

    def test_with_a_bad_line_refuse_the_file_with_every_bad_line(self):
        text = (GOLDEN / "mt940_utf8.sta").read_text(encoding="utf-8")
        rows = text.splitlines()
        rows[4], rows[8] = rows[4].replace(":61:26", ":61:xx"), rows[8].replace("D12000,00", "D12,000,00")

        found = refusal("\r\n".join(rows))

        assert found.code == "bank_file_bad_lines"
        assert [(one["line"], one["column"]) for one in found.details["problems"]] == [(5, "61"), (9, "61")]

    def test_with_a_bad_entry_refuse_the_file_with_its_line(self):
        text = (GOLDEN / "camt053_v2_utf8.xml").read_text(encoding="utf-8")

        found = refusal(text.replace('<Amt Ccy="CNY">88.80', '<Amt Ccy="EUR">88.80'))

        (problem,) = found.details["problems"]
        assert (found.code, problem["column"], problem["code"]) == ("bank_file_bad_lines", "Amt", "bank_line_amount")
        assert text.splitlines()[problem["line"] - 1].strip() == "<Ntry>"

    def test_a_batch_becomes_its_transactions_where_they_make_its_amount(self):
        text = (GOLDEN / "camt053_v2_utf8.xml").read_text(encoding="utf-8")
        whole = text.index("<NtryDtls>"), text.index("</NtryDtls>")
        part = (
            "<TxDtls><Refs><TxId>T{0}</TxId></Refs><AmtDtls><TxAmt><Amt Ccy='CNY'>{1}</Amt></TxAmt></AmtDtls>"
            "<RltdPties><Dbtr><Nm>P{0}</Nm></Dbtr></RltdPties></TxDtls>"
        )
        two = part.format(1, "1000.00") + part.format(2, "100.16")
        other = part.format(1, "1000.00") + part.format(2, "100.15")

        (split,) = read(text[: whole[0]] + "<NtryDtls>" + two + text[whole[1] :]).statements
        (single,) = read(text[: whole[0]] + "<NtryDtls>" + other + text[whole[1] :]).statements

        assert [(line.amount, line.counterparty_name, line.bank_reference) for line in split.lines[:2]] == [
            (1_000_00, "P1", "T1"),
            (100_16, "P2", "T2"),
        ]
        assert [line.amount for line in single.lines] == [1_100_16, 1_100_16, -12_000_00, 88_80]


class TestReversals:
    def test_a_credit_taken_back_is_money_that_went_out(self):
        (statement,) = read(
            ":20:S\n:25:1\n:60F:C260214CNY10,00\n:61:2602150215RC4,00NTRFNONREF//B1\n:86:returned\n"
            ":61:2602150215RD1,50NTRFNONREF//B2\n:86:given back\n:62F:C260215CNY7,50\n"
        ).statements

        assert [line.amount for line in statement.lines] == [-4_00, 1_50]

    def test_several_statements_in_one_file_stay_apart(self):
        one = ":20:S\n:25:1\n:60F:C260214CNY0,00\n:61:260215C4,00NTRFNONREF//B1\n:62F:C260215CNY4,00\n-\n"
        two = ":20:S\n:25:1\n:60F:C260215CNY4,00\n:61:260216C1,00NTRFNONREF//B2\n:62F:C260216CNY5,00\n-\n"

        first, second = read(one + two).statements

        assert [line.row for line in first.lines + second.lines] == [4, 10]
        assert (first.closing, second.opening, second.closing) == (4_00, 4_00, 5_00)


class TestIdentities:
    LINE = FileLine(2, date(2026, 2, 15), date(2026, 2, 15), 10_00, "A", "123", "text")

    def test_two_equal_lines_of_one_file_are_two_and_come_again_as_the_same_two(self):
        first, second = identities("1", [self.LINE, self.LINE])

        assert first != second
        assert identities("1", [self.LINE, self.LINE]) == [first, second]

    def test_with_the_banks_reference_the_words_do_not_count(self):
        one = FileLine(2, date(2026, 2, 15), date(2026, 2, 15), 10_00, "A", "123", "text", "R1", 5_00)
        same = FileLine(9, date(2026, 2, 15), date(2026, 2, 16), 10_00, "B", "", "other", "R1", None)
        other = FileLine(9, date(2026, 2, 15), date(2026, 2, 16), 10_01, "B", "", "other", "R1", None)

        assert identities("1", [one]) == identities("1", [same])
        assert identities("1", [one]) != identities("1", [other])
        assert identities("1", [one]) != identities("2", [one])
