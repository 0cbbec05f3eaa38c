"""
How heavy a borrower's pages are and how soon they stand: `python benchmarks/pages.py`.

The site runs as in production (gunicorn, four processes of two threads, static files compressed and kept for good) on a
database of its own. Two things are measured. The home page of borrowers with five loans, asked for by twenty people at
once, first without a pause, then with the second that a person takes at least; beside it the sign-in page, which looks
nothing up, as the floor. Then each page as a first view in Chromium on a slow line (Slow 4G as its developer tools set
it): bytes over the line, requests, the largest contentful paint, and how much the layout shifted.
"""

import argparse
import http.client
import json
import os
import platform
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from servers import own_database

ROOT = Path(__file__).resolve().parents[1]
BORROWERS, LOANS = 20, 5
# Of the developer tools of Chromium: a request waits 562.5 ms, 1.44 Mbit/s come down and 675 kbit/s go up.
SLOW_4G = {"latency": 562.5, "downloadThroughput": 1_440_000 / 8, "uploadThroughput": 675_000 / 8}
PHONE = {"width": 360, "height": 740}
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync"]  # fmt: skip
SHIFTS = """
() => new Promise((done) => {
  const told = { lcp: 0, shift: 0 };
  new PerformanceObserver((list) => { for (const each of list.getEntries()) told.lcp = each.startTime; }).observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => { for (const each of list.getEntries()) if (!each.hadRecentInput) told.shift += each.value; }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(told), 600);
})
"""  # noqa: E501 – one call


def main() -> int:
    chosen = _arguments()
    with own_database(with_broker=True, home=chosen.home) as make_database:
        make_database("bench_pages", chosen.limit)
        people = build()
        with site() as (address, log):
            under_load = {
                f"{name}, {'a pause of 1 s' if pause else 'no pause'}": ask(address, log, path, cookies, pause, chosen)
                for pause in (0.0, 1.0)
                for name, path, cookies in (
                    ("home with 5 loans", "/", [person["cookie"] for person in people]),
                    ("sign-in page", "/accounts/login/", [""] * len(people)),
                )
            }
            report_load(under_load, chosen)
            views = first_views(address, people[0]) if not chosen.no_browser else {}
            report_views(views)
    if chosen.json:
        chosen.json.write_text(json.dumps({"under_load": under_load, "first_views": views}, indent=1))
    return 0


def build() -> list[dict[str, str]]:
    """Make borrowers with five loans each, one of them late, and sign them in; return their session and a loan."""
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from dashu.kernel.dates import lender_today
    from tests import factories

    call_command("collectstatic", interactive=False, verbosity=0)
    today, people = lender_today(), []
    for place in range(BORROWERS):
        person = factories.borrower(f"Person{place}")
        loans = [
            factories.running_loan(person, starts_on=today - timedelta(days=days))
            for days in (40, 25, 20, 10, 5)[:LOANS]
        ]
        client = Client()
        client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
        people.append({"cookie": client.cookies[settings.SESSION_COOKIE_NAME].value, "loan": loans[0].number})
    return people


@contextmanager
def site() -> Iterator[tuple[str, Path]]:
    """Serve the site as `script/server` does; give its address and the log of its requests."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = Path(os.environ["DASHU_HOME"]) / "requests.log"
    log.write_text("", encoding="utf-8")
    command = [
        *(sys.executable, "-m", "gunicorn", "dashu.wsgi:application", "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--workers", "4", "--threads", "2", "--preload", "--no-control-socket"),
        *("--access-logfile", str(log), "--access-logformat", "%(U)s %(s)s %(D)s", "--log-level", "error"),
    ]
    quiet = {**os.environ, "DASHU_LOG_LEVEL": "ERROR"}
    process = subprocess.Popen(command, cwd=ROOT, env=quiet, stdout=subprocess.DEVNULL)
    try:
        for _try in range(600):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"127.0.0.1:{port}", log
    finally:
        process.terminate()
        process.wait(20)


def ask(
    address: str, log: Path, path: str, cookies: list[str], pause: float, chosen: argparse.Namespace
) -> dict[str, Any]:
    """Have everybody ask for a page again and again; return what they saw and what the server says that it took."""
    for cookie in cookies:  # nothing is measured cold
        _visit(address, path, cookie, 2, 0)
    log.write_text("", encoding="utf-8")
    began = time.perf_counter()
    with ThreadPoolExecutor(len(cookies)) as pool:
        seen = [
            spent
            for times in pool.map(lambda cookie: _visit(address, path, cookie, chosen.requests, pause), cookies)
            for spent in times
        ]
    elapsed = time.perf_counter() - began
    time.sleep(0.3)
    served = [int(line.split()[2]) / 1e3 for line in log.read_text(encoding="utf-8").splitlines()]
    return {
        "requests": len(seen),
        "per_second": len(seen) / elapsed,
        "seen_ms": _cuts(seen),
        "served_ms": _cuts(served),
    }


def _visit(address: str, path: str, cookie: str, times: int, pause: float) -> list[float]:
    connection = http.client.HTTPConnection(address, timeout=30)
    headers = {"Cookie": f"sessionid={cookie}" if cookie else "", "Accept-Encoding": "gzip"}
    spent, chance = [], random.Random(cookie or None)  # noqa: S311 – nothing hangs on it
    time.sleep(chance.uniform(0, pause))
    for _time in range(times):
        began = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        spent.append((time.perf_counter() - began) * 1e3)
        if answer.status != 200:
            sys.exit(f"{path} answered {answer.status}")
        time.sleep(chance.uniform(pause / 2, pause * 3 / 2))
    connection.close()
    return spent


def _cuts(values: list[float]) -> dict[str, float]:
    cuts = quantiles(values, n=100)
    return {"p50": median(values), "p95": cuts[94], "p99": cuts[98]}


def first_views(address: str, person: dict[str, str]) -> dict[str, dict[str, float]]:
    """Open each page in a fresh profile of Chromium on a slow line."""
    from playwright.sync_api import sync_playwright

    executable = os.environ.get("DASHU_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    pages = {
        "/": "", "/apply/": "", "/apply/consumer/": "", "/accounts/login/": "", "/learn/": "", "/learn/overdue/": "",
        "/ (signed in)": "yes", f"/loans/{person['loan']}/": "yes", f"/loans/{person['loan']}/pay/": "yes",
        f"/loans/{person['loan']}/payoff/": "yes", "/me/": "yes",
    }  # fmt: skip
    found = {}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=CHROMIUM)
        for path, signed_in in pages.items():
            context = browser.new_context(viewport=PHONE, locale="zh-CN", service_workers="block")
            if signed_in:
                context.add_cookies([{"name": "sessionid", "value": person["cookie"], "url": f"http://{address}"}])
            page = context.new_page()
            line = context.new_cdp_session(page)
            line.send("Network.enable")
            line.send("Network.emulateNetworkConditions", {"offline": False, **SLOW_4G})
            told = {"bytes": 0, "requests": 0}

            def loaded(event: dict[str, Any], told: dict[str, int] = told) -> None:
                told["bytes"] += int(event["encodedDataLength"])
                told["requests"] += 1

            line.on("Network.loadingFinished", loaded)
            page.goto(f"http://{address}{path.split(' ')[0]}", wait_until="networkidle")
            paint = page.evaluate(SHIFTS)
            name = path.replace(person["loan"], "…")
            found[name] = {**told, "lcp_ms": paint["lcp"], "shift": paint["shift"]}
            context.close()
        browser.close()
    return found


def report_load(under_load: dict[str, dict[str, Any]], chosen: argparse.Namespace) -> None:
    print(f"{platform.machine()}, {os.cpu_count()} cores, {BORROWERS} people at once, {chosen.requests} requests each")
    print(f"{'':38}{'a second':>10}{'served p50':>12}{'p95':>9}{'p99':>9}{'seen p50':>12}{'p95':>9}")
    floor = next(figures for name, figures in under_load.items() if name.startswith("sign-in"))
    for name, figures in under_load.items():
        served, seen = figures["served_ms"], figures["seen_ms"]
        print(
            f"{name:38}{figures['per_second']:>10,.0f}{served['p50']:>9,.1f} ms{served['p95']:>6,.1f} ms"
            f"{served['p99']:>6,.1f} ms{seen['p50']:>9,.1f} ms{seen['p95']:>6,.1f} ms"
        )
    home = next(iter(under_load.values()))
    print(f"home takes {home['served_ms']['p50'] / floor['served_ms']['p50']:.1f} times the sign-in page\n")


def report_views(views: dict[str, dict[str, float]]) -> None:
    print(f"{'first view, Slow 4G, 360 px':38}{'kB':>8}{'requests':>10}{'LCP':>11}{'shift':>8}")
    for name, figures in views.items():
        print(
            f"{name:38}{figures['bytes'] / 1000:>8,.1f}{figures['requests']:>10}{figures['lcp_ms']:>8,.0f} ms"
            f"{figures['shift']:>8.3f}"
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=20, help="of each person, each way")
    parser.add_argument("--no-browser", action="store_true", help="without the first views")
    parser.add_argument("--limit", type=int, default=60, help="seconds after which a statement is cut off")
    parser.add_argument("--home", type=Path, help="keep the servers' data here")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
