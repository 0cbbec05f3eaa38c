import pytest
from django.db import connection
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.views.defaults import bad_request, page_not_found, permission_denied, server_error


class DatabaseIsDown(Exception):
    pass


@pytest.fixture
def database_down(django_db_blocker):
    def refuse(*_arguments):
        raise DatabaseIsDown

    with django_db_blocker.unblock(), connection.execute_wrapper(refuse):
        yield


@pytest.mark.usefixtures("database_down")
class TestErrorPagesWithoutADatabase:
    @pytest.mark.parametrize(
        ("render", "status"),
        [
            (lambda request: server_error(request), 500),
            (lambda request: bad_request(request, Exception()), 400),
            (lambda request: page_not_found(request, Exception()), 404),
            (lambda request: permission_denied(request, Exception()), 403),
        ],
    )
    def test_each_says_what_to_do(self, rf, render, status):
        page = render(rf.get("/somewhere/"))

        assert page.status_code == status
        assert 'href="/"' in page.content.decode()

    @pytest.mark.parametrize("name", ["403_csrf.html", "429.html"])
    def test_so_do_those_without_a_view(self, name):
        assert 'class="page-header"' in render_to_string(name, request=HttpRequest())
