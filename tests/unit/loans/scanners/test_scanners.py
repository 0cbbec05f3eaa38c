import os
import time

import pytest

from loans.domain.document_files import Reason
from loans.scanners.base import ScannerUnavailable
from loans.scanners.choosing import scanner
from loans.scanners.clamd import ClamdScanner
from loans.scanners.structure import StructureScanner
from tests import sent_files
from tests.unit.loans.scanners.fake_clamd import EICAR, fake_clamd


@pytest.fixture
def clamd():
    with fake_clamd() as state:
        yield state


class TestClamd:
    def test_sends_the_whole_file_and_believes_the_answer(self, clamd):
        content = os.urandom(200_000)

        assert ClamdScanner(*clamd.address).scan(content) is None
        assert clamd.scanned == [content]

    def test_refuses_what_it_finds(self, clamd):
        assert ClamdScanner(*clamd.address).scan(b"%PDF-" + EICAR) is Reason.MALWARE

    @pytest.mark.parametrize("trouble", ["hang", "drip"])
    def test_does_not_wait_for_ever(self, clamd, trouble):
        clamd.trouble = trouble
        began = time.monotonic()

        with pytest.raises(ScannerUnavailable):
            ClamdScanner(*clamd.address, seconds=0.2).scan(b"x")

        assert time.monotonic() - began < 5

    @pytest.mark.parametrize("trouble", ["cut", "stream: OK FOUND ERROR", "OK", "stream: ", "stream: OKAY"])
    def test_takes_no_other_answer_for_a_good_one(self, clamd, trouble):
        clamd.trouble = trouble

        with pytest.raises(ScannerUnavailable):
            ClamdScanner(*clamd.address).scan(b"x")

    def test_says_what_the_daemon_says_when_a_file_is_too_large_for_it(self, clamd):
        clamd.trouble = "full"

        with pytest.raises(ScannerUnavailable, match=r"size limit exceeded|does not answer"):
            ClamdScanner(*clamd.address).scan(bytes(9_000_000))

    def test_is_unavailable_where_nobody_listens(self):
        with fake_clamd() as gone:
            address = gone.address

        with pytest.raises(ScannerUnavailable):
            ClamdScanner(*address).scan(b"x")


class TestStructure:
    def test_finds_what_may_not_be_taken(self):
        assert StructureScanner().scan(sent_files.pdf()) is None
        assert StructureScanner().scan(sent_files.pdf(sent_files.runs_a_script)) is Reason.ACTIVE


class TestChoice:
    def test_is_the_one_that_the_settings_name(self, settings):
        assert isinstance(scanner(), StructureScanner)

        settings.DOCUMENT_SCANNER, settings.CLAMD_ADDRESS = "clamd", ("clamav", 3310)
        chosen = scanner()

        assert isinstance(chosen, ClamdScanner)
        assert chosen.address == ("clamav", 3310)
