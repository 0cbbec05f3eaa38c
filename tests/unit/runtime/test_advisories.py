"""Known faults of what the lock has, by advisories that were brought along, as OSV writes them."""

import json
import zipfile

import pytest

from dashu.runtime import advisories
from dashu.runtime.advisories import faults, is_faulty, locked_versions, main


def advisory(name: str = "requests", **more) -> dict:
    affected = {
        "package": {"ecosystem": "PyPI", "name": name},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.31.0"}]}],
    }
    return {"id": "PYSEC-2023-74", "modified": "2026-11-20T08:00:00Z", "affected": [{**affected, **more}]}


class TestFaulty:
    @pytest.mark.parametrize(
        ("version", "expected"), [("1.0", False), ("1.1", True), ("1.1.9", True), ("1.2", False), ("2.0", True)]
    )
    def test_from_where_it_came_in_to_where_it_was_mended_in_any_order(self, version, expected):
        events = [{"introduced": "2.0rc1"}, {"fixed": "1.2"}, {"introduced": "1.1"}]

        assert is_faulty(version, events) is expected

    @pytest.mark.parametrize(("version", "expected"), [("1.2", True), ("1.2.1", False)])
    def test_the_last_version_that_had_it_is_one_of_them(self, version, expected):
        assert is_faulty(version, [{"introduced": "0"}, {"last_affected": "1.2"}]) is expected

    def test_what_cannot_be_read_mends_nothing(self):
        assert is_faulty("1.0", [{"introduced": "the beginning"}, {"fixed": "soon"}])
        assert not is_faulty("1.0", [])


class TestFaults:
    LOCKED = {"requests": {"2.30.0", "2.34.2"}, "typing-extensions": {"4.16.0"}}

    def test_name_the_version_and_where_it_is_mended(self):
        [fault] = faults(self.LOCKED, {**advisory("Requests"), "summary": "Leaks headers."})

        assert str(fault) == "requests 2.30.0: PYSEC-2023-74, mended in 2.31.0. Leaks headers."

    def test_are_found_by_versions_alone_and_by_any_spelling_of_a_name(self):
        told = advisory("typing_Extensions", ranges=[{"type": "GIT", "events": []}], versions=["4.16.0"])

        assert [str(fault) for fault in faults(self.LOCKED, told)] == [
            "typing-extensions 4.16.0: PYSEC-2023-74, not mended."
        ]

    def test_of_other_packages_or_other_places_are_none(self):
        assert list(faults(self.LOCKED, advisory("flask"))) == []
        assert list(faults(self.LOCKED, advisory(package={"ecosystem": "npm", "name": "requests"}))) == []


class TestMain:
    @pytest.fixture
    def place(self, tmp_path):
        """Advisories as a folder, of one that concerns us and one that was taken back."""
        folder = tmp_path / "advisories" / "vulns"
        folder.mkdir(parents=True)
        version = next(iter(locked_versions()["requests"]))
        taken_back = {**advisory(versions=[version]), "withdrawn": "2026-11-21T00:00:00Z", "id": "PYSEC-0"}
        (folder / "old.json").write_text(json.dumps(advisory()))
        (folder / "back.json").write_text(json.dumps(taken_back))
        return tmp_path / "advisories"

    def test_says_how_much_and_how_old_it_was_held_against(self, place, capsys):
        assert main(place) == 0

        said = capsys.readouterr().out
        assert f"{len(locked_versions())} packages of requirements.lock against 1 advisories" in said
        assert "the newest of 2026-11-20: no known vulnerabilities found" in said

    def test_fails_with_a_fault_also_in_an_archive(self, place, tmp_path, capsys):
        version = next(iter(locked_versions()["requests"]))
        archive = tmp_path / "all.zip"
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("PYSEC-1.json", json.dumps({**advisory(versions=[version]), "id": "PYSEC-1"}))

        assert main(archive) == advisories.FOUND
        said = capsys.readouterr().out
        assert f"requests {version}: PYSEC-1, mended in 2.31.0." in said
        assert "1 known vulnerabilities found" in said

    @pytest.mark.parametrize("content", ["", "[]", "{}", '{"affected": [{"package": {"ecosystem": "PyPI"}}]}', "{"])
    def test_what_says_nothing_is_no_audit(self, tmp_path, capsys, content):
        (tmp_path / "one.json").write_text(content)

        assert main(tmp_path) == advisories.NOT_AUDITED
        assert "NOT AUDITED" in capsys.readouterr().err

    def test_neither_is_what_is_not_there(self, tmp_path, capsys):
        assert main(tmp_path / "none.zip") == advisories.NOT_AUDITED
        assert "NOT AUDITED" in capsys.readouterr().err
