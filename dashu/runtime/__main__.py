"""`python -m dashu.runtime`: the embedded servers, alone or with all of Dashu on them."""

import argparse
import sys

from . import with_services
from .refusal import Refusal


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dashu.runtime", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    use = actions.add_parser(
        "with-services",
        help="run a command with Postgres and Valkey",
        description="Run a command with DATABASE_URL and REDIS_URL set. Embedded servers are started for what is not "
        "set, shared with other commands in the same home, and stopped when the last one ends.",
    )
    use.add_argument("--test", action="store_true", help="servers and a home for this run alone, fast and throw-away")
    use.add_argument("command", nargs="+", metavar="COMMAND", help="the command and its arguments, after --")
    chosen = parser.parse_args(arguments)
    try:
        return with_services.run(chosen.command, is_test=chosen.test)
    except Refusal as refusal:
        refusal.tell()
        return 1


if __name__ == "__main__":
    sys.exit(main())
