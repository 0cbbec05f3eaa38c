"""`python -m dashu.runtime`: the embedded servers, alone or with all of Dashu on them."""

import argparse
import sys
from pathlib import Path

from . import api_client, checks, server, testing, with_services
from .home import Home
from .refusal import Refusal


def main() -> int:
    chosen = _parser().parse_args()
    try:
        return _act(chosen)
    except Refusal as refusal:
        refusal.tell()
        return 1


def _act(chosen: argparse.Namespace) -> int:
    match chosen.action:
        case "server":
            return server.run(is_sandbox=chosen.sandbox)
        case "test":
            return testing.run(chosen.arguments)
        case "check":
            return checks.run()
        case "api-client":
            api_client.write_client(chosen.folder.resolve(), schema=api_client.description())
            return 0
        case _:
            home = with_services.home_for_tests() if chosen.test else Home.from_environment()
            return with_services.run(chosen.command, home=home, is_test=chosen.test)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dashu.runtime", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    serve = actions.add_parser("server", help="run everything, until Ctrl-C")
    serve.add_argument(
        "--sandbox", action="store_true", help="a sandbox for partners, with servers and data of its own"
    )
    test = actions.add_parser("test", help="run the test suite")
    test.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="pytest's arguments, after --")
    actions.add_parser("check", help="check style, types, imports, migrations and catalogs")
    write = actions.add_parser("api-client", help="write the Python package for partners")
    write.add_argument("folder", type=Path, metavar="FOLDER")
    use = actions.add_parser(
        "with-services",
        help="run a command with Postgres and Valkey",
        description="Run a command with DATABASE_URL and REDIS_URL set. Embedded servers are started for what is not "
        "set, shared with other commands in the same home, and stopped when the last one ends.",
    )
    use.add_argument("--test", action="store_true", help="servers and a home for this run alone, fast and throw-away")
    use.add_argument("command", nargs="+", metavar="COMMAND", help="the command and its arguments, after --")
    return parser


if __name__ == "__main__":
    sys.exit(main())
