"""Run one command with the servers it needs."""

import signal
import subprocess
import sys
from contextlib import suppress
from types import FrameType

from .home import Home
from .locks import FileLock
from .services import Services

SESSIONS = 50


def run(command: list[str], *, is_test: bool) -> int:
    """
    Run the command with DATABASE_URL and REDIS_URL set, and return its exit code.

    :param is_test: use a home below the usual one, with servers that forgo safety for speed, for this run alone.
    """
    services = Services(_own_test_home() if is_test else Home.from_environment(), throwaway=is_test)
    child: subprocess.Popen | None = None

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if child is None:
            sys.exit(128 + number)
        with suppress(ProcessLookupError):
            child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    # Ctrl-C reaches the command by itself, because it shares the terminal; it decides, and then its code is returned.
    signal.signal(signal.SIGINT, lambda *_: None if child else sys.exit(130))
    try:
        services.start()
        child = subprocess.Popen(command, env=services.environment())
        code = child.wait()
    except FileNotFoundError:
        sys.stderr.write(f"command_not_found: There is no command {command[0]!r}.\n")
        return 127
    finally:
        services.stop()
    return 128 - code if code < 0 else code


def _own_test_home() -> Home:
    """Return `test` below the home, or `test-2` and so on while other runs use the earlier ones."""
    root = Home.from_environment().root
    for number in range(1, SESSIONS):
        home = Home(root / ("test" if number == 1 else f"test-{number}"))
        home.prepare()
        # Held until this process ends; nobody else reads it.
        if FileLock(home.run / "session").hold(wait=False):
            return home
    return Home(root / "test")
