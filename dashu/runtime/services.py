"""
The two servers of a home, shared by every command that needs them.

Each user of the servers shares one lock. Who comes first starts them, who leaves last stops them; a user that is killed
drops its share with its life, and the next one finds the servers running and uses them. An address that is set in the
environment wins, and then that server is nobody's to start or stop.
"""

import os
from dataclasses import dataclass, field

from .home import Home, write_json
from .locks import FileLock, held
from .postgres import EmbeddedPostgres
from .valkey import EmbeddedValkey


@dataclass
class Services:
    """The embedded servers that this process uses, between `start` and `stop`."""

    home: Home
    throwaway: bool = False
    postgres: EmbeddedPostgres | None = field(init=False, default=None)
    valkey: EmbeddedValkey | None = field(init=False, default=None)
    _share: FileLock | None = field(init=False, default=None)

    def start(self) -> None:
        """
        Have the servers run and note their addresses in `run/services.json`.

        :raises Refusal: when the home cannot be written or a server does not start.
        """
        self.home.prepare()
        if not os.environ.get("DATABASE_URL"):
            self.postgres = EmbeddedPostgres(self.home, throwaway=self.throwaway)
        if not os.environ.get("REDIS_URL"):
            self.valkey = EmbeddedValkey(self.home, throwaway=self.throwaway)
        self._share = FileLock(self.home.run / "services.users")
        with held(self.home.run / "services.lock"):
            self._share.share()
            self.revive()

    def revive(self) -> list[str]:
        """Start again what has died; return the names of what was started."""
        started = []
        if self.valkey and self.valkey.ensure_running():
            started.append("Valkey")
        if self.postgres and self.postgres.ensure_running():
            started.append("Postgres")
        write_json(self.home.services_file, self._embedded_addresses())
        return started

    def are_running(self) -> bool:
        postgres_runs = self.postgres is None or self.postgres.running() is not None
        return postgres_runs and (self.valkey is None or self.valkey.is_running())

    def stop(self) -> bool:
        """Stop the servers unless another process still uses them; True when they were stopped."""
        if self._share is None:
            return False
        with held(self.home.run / "services.lock"):
            is_last = self._share.hold(wait=False)
            if is_last:
                self.home.services_file.unlink(missing_ok=True)
                if self.postgres:
                    self.postgres.stop()
                if self.valkey:
                    self.valkey.stop()
            self._share.release()
            self._share = None
        return is_last

    def environment(self) -> dict[str, str]:
        """Return the caller's environment with the home and the addresses filled in."""
        return {**os.environ, "DASHU_HOME": str(self.home.root), **self._embedded_addresses()}

    def _embedded_addresses(self) -> dict[str, str]:
        addresses = {}
        if self.postgres:
            addresses["DATABASE_URL"] = self.postgres.url
        if self.valkey:
            addresses["REDIS_URL"] = self.valkey.url
        return addresses
