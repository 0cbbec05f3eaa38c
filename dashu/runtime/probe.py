"""
Ask this machine's web server for one address, as a health check: `python -m dashu.runtime.probe /readyz`.

The name in the request is one the server answers to, because a check from inside a container knows no public name.
"""

import argparse
import os
import sys
import urllib.request

SECONDS = 5


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m dashu.runtime.probe", description=__doc__)
    parser.add_argument("path", help="for example /readyz")
    parser.add_argument("--port", type=int, default=8000)
    chosen = parser.parse_args()
    hosts = os.environ.get("DASHU_ALLOWED_HOSTS", "").split(",")
    host = hosts[0].strip().lstrip(".").replace("*", "") or "127.0.0.1"
    request = urllib.request.Request(f"http://127.0.0.1:{chosen.port}{chosen.path}", headers={"Host": host})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=SECONDS) as response:
            return 0 if response.status == 200 else 1
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
