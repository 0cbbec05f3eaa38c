"""What must not be in the tree, because it is true of one machine only."""

import re

from tests.architecture.source import text_files

# In two halves, so that this file does not find itself.
REGISTRY_HOSTS = re.compile(
    "|".join(("pypi" + r"\.org", "pythonhosted" + r"\.org", "registry" + r"\.npmjs", "index" + "-url"))
)
MACHINE_PATHS = re.compile("(?<![A-Za-z0-9_.}/])/(?:" + "|".join(("home", "root", "work", "Users")) + r")/[A-Za-z]")


def found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}:{number}"
        for path, text in text_files()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line) and "no-emit-" not in line
    ]


class TestTree:
    def test_no_file_names_a_package_registry(self):
        assert found(REGISTRY_HOSTS) == []

    def test_no_file_names_a_folder_of_one_machine(self):
        assert found(MACHINE_PATHS) == []
