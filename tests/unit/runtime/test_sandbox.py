"""What makes a start one of a sandbox."""

from dashu.runtime.home import Home
from dashu.runtime.server import sandbox_environment


class TestSandboxEnvironment:
    def test_has_a_home_of_its_own_and_no_demo_book(self, tmp_path):
        found = sandbox_environment(
            Home(tmp_path), {"DATABASE_URL": "postgres://real/loans", "REDIS_URL": "redis://real"}
        )

        assert found == {"DASHU_HOME": str(tmp_path), "DASHU_SANDBOX": "1", "DASHU_DEMO": "0"}

    def test_takes_servers_only_where_they_are_named_for_it(self, tmp_path):
        given = {"DATABASE_URL": "postgres://real/loans", "DASHU_SANDBOX_DATABASE_URL": "postgres://play/loans"}

        assert sandbox_environment(Home(tmp_path), given)["DATABASE_URL"] == "postgres://play/loans"
