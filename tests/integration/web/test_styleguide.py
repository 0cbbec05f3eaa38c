import re

import pytest

from tests import factories


def test_staff_see_every_component(client, db):
    client.force_login(factories.staff())

    page = client.get("/styleguide/").content.decode()

    for name in ("money", "date", "status"):
        assert f"{{% {name} %}}" in page
    for name in ("notice", "button", "field", "room", "chart", "complaints", "empty"):
        assert f"components/{name}.html" in page
    assert "aria-invalid" in page


def test_nobody_else_does(client, db):
    client.force_login(factories.borrower().user)

    assert client.get("/styleguide/").status_code == 302


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "How Dashu speaks"), ("zh-hans", "大树金融怎么说话"), ("zh-hant", "大樹金融怎麼說話")],
)
def test_the_guide_to_writing_is_read_in_ones_own_language(client, db, language, title):
    chidi = factories.staff()
    factories.speak(chidi, language)
    client.force_login(chidi)

    page = client.get("/styleguide/voice/").content.decode()

    assert f"<h1>{title}</h1>" in page
    assert re.findall(r"[\u4e00-\u9fff\uff00-\uffef]\n[\u4e00-\u9fff]", page) == []
