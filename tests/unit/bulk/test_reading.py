import pytest

from dashu.bulk.reading import (
    LONGEST_LINE,
    FileNotReadable,
    columns_of,
    csv_lines,
    encoding_of,
    json_lines,
)

CSV = 'loan,note\r\nL1,"one, two"\r\n\r\nL2,第二笔\r\n'


def pieces(content: bytes, size: int = 5) -> list[bytes]:
    """Cut in the middle of signs and lines, as a stream is."""
    return [content[start : start + size] for start in range(0, len(content), size)]


class TestEncoding:
    @pytest.mark.parametrize(
        ("encoding", "found"), [("utf-8", "utf-8-sig"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030")]
    )
    def test_is_known_by_the_content(self, encoding, found):
        content = CSV.encode(encoding)

        assert encoding_of(pieces(content)) == found
        assert [line.values for line in csv_lines(pieces(content), encoding=found)] == [
            {"loan": "L1", "note": "one, two"},
            {"loan": "L2", "note": "第二笔"},
        ]

    @pytest.mark.parametrize("content", [b"loan\nL\xff\xffx", b"loan\nL\0"])
    def test_of_what_is_no_text_is_refused(self, content):
        with pytest.raises(FileNotReadable):
            encoding_of(pieces(content))


class TestCsv:
    def test_has_its_names_in_small_letters(self):
        assert columns_of(pieces(b" Loan ,AMOUNT\n1,2\n"), encoding="utf-8-sig") == ["loan", "amount"]

    def test_gives_the_lines_of_the_file(self):
        lines = csv_lines(pieces(b'loan,note\nL1,"a\nb"\n\nL2,\nL3\n'), encoding="utf-8-sig")

        assert [(line.line, line.values, line.raw) for line in lines] == [
            (3, {"loan": "L1", "note": "a\nb"}, ""),
            (5, {"loan": "L2"}, ""),
            (6, {}, "L3"),
        ]

    def test_reads_over_the_remarks_of_a_file_to_mend(self):
        lines = csv_lines(pieces(b"refused_line,refused_code,refused_detail,loan\n3,x,y,L1\n"), encoding="utf-8-sig")

        assert [line.values for line in lines] == [{"loan": "L1"}]

    def test_with_quotes_that_do_not_match_is_refused(self):
        with pytest.raises(FileNotReadable):
            list(csv_lines(pieces(b'loan\n"L1\nL2\n'), encoding="utf-8-sig"))


class TestJsonLines:
    def test_are_objects(self):
        content = b'{"loan": "L1", "refused_code": "x"}\r\n\n[1]\n{"a": 1, "a": 2}\n{"a": NaN}\n{"loan": "L2"}'

        lines = list(json_lines(pieces(content), encoding="utf-8-sig"))

        assert [(line.line, line.values, line.raw) for line in lines] == [
            (1, {"loan": "L1"}, ""),
            (3, {}, "[1]"),
            (4, {}, '{"a": 1, "a": 2}'),
            (5, {}, '{"a": NaN}'),
            (6, {"loan": "L2"}, ""),
        ]
        assert [line.problem.code for line in lines if line.problem] == ["unreadable_line"] * 3

    def test_without_end_are_refused(self):
        with pytest.raises(FileNotReadable):
            list(json_lines(pieces(b"[" * (LONGEST_LINE + 1), size=70_000), encoding="utf-8-sig"))
