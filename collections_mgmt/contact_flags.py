"""Who needs special care, as the contact guard takes it: no program that talks by itself calls these borrowers."""

from collections.abc import Callable

from collections_mgmt.selectors.care import VULNERABLE


def register(register_flag: Callable[[str, str], None]) -> None:
    """:param register_flag: takes the code of a flag and SQL without parameters that gives `borrower_id`."""
    register_flag("vulnerable", VULNERABLE)
