"""Names that are only strings in the code lead to something that exists."""

import re

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from dashu import events
from dashu.celery import app
from dashu.runtime import server
from tests.architecture.source import python_files


@pytest.fixture(scope="module")
def registered() -> set[str]:
    app.loader.import_default_modules()
    return set(app.tasks)


class TestEventTable:
    def test_each_reaction_is_a_registered_task(self, registered):
        named = {task for tasks in events.REACTIONS.values() for task in tasks}

        assert named - registered == set()

    def test_each_published_event_is_in_the_table(self):
        published = {
            event for _path, text in python_files() for event in re.findall(r"events\.publish\(\s*\"([^\"]+)\"", text)
        }

        assert published - events.REACTIONS.keys() == set()


class TestClock:
    def test_each_scheduled_task_is_registered(self, registered):
        scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

        assert scheduled - registered == set()


class TestClosingChecks:
    def test_each_is_a_function(self):
        assert all(callable(import_string(name)) for name in settings.LEDGER_CLOSE_CHECKS)


class TestAddresses:
    def test_one_function_says_where_a_call_comes_from(self):
        """Whoever reads the address of the connection notes our own proxy."""
        read = {str(path) for path, text in python_files() if re.search(r"REMOTE_ADDR|get_client_ip", text)}

        assert read == {"dashu/api/callers.py"}
        assert settings.AXES_CLIENT_IP_CALLABLE == "dashu.api.callers.client_ip"


class TestQueues:
    def test_the_worker_of_script_server_reads_every_queue(self):
        assert set(server.QUEUES) == set(events.QUEUES)

    def test_each_task_has_one_of_the_queues(self, registered):
        ours = {name for name in registered if not name.startswith("celery.")}

        assert {events.queue_of(name) for name in ours} <= set(events.QUEUES)
