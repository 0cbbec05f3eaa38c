import io
import zipfile

import pytest

from dashu.users import sealed_files
from dashu.users.sealed_files import SealingWriter, opened
from dashu.users.sealing import CannotOpen


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch):
    monkeypatch.setattr(sealed_files, "PIECE", 10)


def sealed(content: bytes, name: str = "file 1") -> bytes:
    target = io.BytesIO()
    writer = SealingWriter(target, name=name)
    for start in range(0, len(content), 7):
        writer.write(content[start : start + 7])
    writer.finish()
    return target.getvalue()


def read(stored: bytes, name: str = "file 1") -> bytes:
    return b"".join(opened(io.BytesIO(stored), name=name))


def pieces(stored: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(stored):
        end = at + 4 + int.from_bytes(stored[at : at + 4], "big")
        found.append(stored[at:end])
        at = end
    return found


class TestSealedFile:
    @pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 20, 21, 1000])
    def test_is_read_as_it_was_written(self, length):
        content = bytes(number % 251 for number in range(length))

        assert read(sealed(content)) == content

    def test_shows_nothing_of_what_it_holds(self):
        assert b"secret" not in sealed(b"a secret of hers")

    def test_that_was_cut_off_does_not_open(self):
        first, *_others = pieces(sealed(bytes(35)))

        with pytest.raises(CannotOpen):
            read(first)

    def test_whose_pieces_were_swapped_does_not_open(self):
        first, second, *others = pieces(sealed(bytes(35)))

        with pytest.raises(CannotOpen):
            read(b"".join([second, first, *others]))

    def test_of_another_name_does_not_open(self):
        with pytest.raises(CannotOpen):
            read(sealed(b"hers"), name="file 2")

    def test_that_was_never_finished_does_not_open(self):
        target = io.BytesIO()
        SealingWriter(target, name="file 1").write(bytes(35))

        with pytest.raises(CannotOpen):
            read(target.getvalue())

    def test_that_is_empty_does_not_open(self):
        with pytest.raises(CannotOpen):
            read(b"")

    def test_takes_a_zip_file_that_is_written_as_a_stream(self):
        target = io.BytesIO()
        writer = SealingWriter(target, name="file 1")
        with zipfile.ZipFile(writer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.txt", "hello")
        writer.finish()

        content = read(target.getvalue())

        assert len(content) == writer.size
        assert zipfile.ZipFile(io.BytesIO(content)).read("a.txt") == b"hello"
