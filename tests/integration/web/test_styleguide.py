from tests import factories


def test_staff_see_every_component(client, db):
    client.force_login(factories.staff())

    page = client.get("/styleguide/").content.decode()

    for name in ("money", "date", "status", "notice", "button", "field", "complaints", "empty"):
        assert f"components/{name}.html" in page
    assert "aria-invalid" in page


def test_nobody_else_does(client, db):
    client.force_login(factories.borrower().user)

    assert client.get("/styleguide/").status_code == 302
