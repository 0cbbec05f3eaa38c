"""
As whom Postgres runs. It refuses to run as root, so a start by root lends it an unprivileged account.

That account may be unable to enter the folders, for example below a /root that is closed to others. Opening them up
for everyone would weaken the machine; instead the one right to pass is given to this one process, with `setpriv`.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .refusal import Refusal


@dataclass(frozen=True)
class Account:
    """A user to run as, and what to put before a command so that it runs as this user."""

    uid: int
    gid: int
    prefix: tuple[str, ...]

    def give(self, path: Path) -> None:
        """Make the account the owner of a folder that root has made."""
        if self.uid != os.geteuid():
            os.chown(path, self.uid, self.gid)

    def options(self) -> dict[str, int | list[int]]:
        """Return the keywords for `subprocess`, where no prefix does the change of user."""
        if self.prefix or self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def account_for(data: Path, passes: Iterable[Path]) -> Account:
    """
    Return the account that may own `data`: this user, or for root the present owner of the data, else `nobody`.

    :param passes: paths that the account must be able to reach.
    :raises Refusal: `postgres_account`, when root can lend no account that reaches them.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), ())
    owner = data.stat().st_uid if data.exists() else 0
    entry = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    plain = Account(entry.pw_uid, entry.pw_gid, ())
    if _reaches(plain, passes):
        return plain
    if setpriv := shutil.which("setpriv"):
        passing = Account(entry.pw_uid, entry.pw_gid, _with_the_right_to_pass(setpriv, entry.pw_uid, entry.pw_gid))
        if _reaches(passing, passes):
            return passing
    raise Refusal(
        "postgres_account",
        f"Postgres does not run as root, and the user {entry.pw_name} cannot enter {data.parent}. "
        "Run as a normal user, or put the checkout and DASHU_HOME where other users may enter.",
    )


def _with_the_right_to_pass(setpriv: str, uid: int, gid: int) -> tuple[str, ...]:
    right = "+dac_override"
    # Without the secure bit, access(2) would not count the right, and initdb asks access(2) for its own programs.
    user = (f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--securebits=+no_setuid_fixup")
    return (setpriv, *user, f"--inh-caps={right}", f"--ambient-caps={right}", "--")


def _reaches(account: Account, passes: Iterable[Path]) -> bool:
    """Tell by trying, because only the kernel knows about every mount, mode and list of rights."""
    return all(
        subprocess.run(
            [*account.prefix, "test", "-x", str(path)],
            check=False,
            stderr=subprocess.DEVNULL,
            **account.options(),  # type: ignore[call-overload]
        ).returncode
        == 0
        for path in passes
    )
