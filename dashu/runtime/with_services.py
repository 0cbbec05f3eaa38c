"""Run one command with the servers it needs."""

import signal
import subprocess
import sys
from contextlib import suppress
from types import FrameType

from .home import Home
from .locks import FileLock
from .services import Services

RUNS_AT_ONCE = 50


def run(command: list[str], *, home: Home, is_test: bool) -> int:
    """
    Run the command with DATABASE_URL, REDIS_URL and DASHU_HOME set, and return its exit code.

    :param is_test: start servers that forgo safety for speed.
    """
    services = Services(home, throwaway=is_test)
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


def home_for_tests() -> Home:
    """Return `test` below the usual home, or `test-2` and so on while other runs use the earlier ones."""
    root = Home.from_environment().root
    for number in range(1, RUNS_AT_ONCE):
        home = Home(root / ("test" if number == 1 else f"test-{number}"))
        home.prepare()
        # Never released: it marks the home as taken until this process ends.
        if FileLock(home.run / "session").hold(wait=False):
            break
    return home
