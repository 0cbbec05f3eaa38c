"""What `script/test` runs: pytest on all cores, with servers and a home of its own."""

import os
import sys

from . import with_services
from .catalogs import compile_catalogs
from .home import cores


def run(arguments: list[str]) -> int:
    """Run pytest with the given arguments and return its exit code. What it writes goes to the test home."""
    home = with_services.home_for_tests()
    compile_catalogs(home.locale)
    (home.root / "static").mkdir(exist_ok=True)
    # The tests start more than a hundred processes; each would compile all code anew where Python may keep none of it.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(home.root / "pycache")
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(home.root / "hypothesis")
    # By file, because the tests of one file share what takes long to start; in the order of collection, longest first.
    options = ["-n", str(cores()), "--dist", "loadfile", "--no-loadscope-reorder"]
    caches = ["-o", f"cache_dir={home.root / 'pytest'}"]
    return with_services.run([sys.executable, "-m", "pytest", *options, *caches, *arguments], home=home, is_test=True)
