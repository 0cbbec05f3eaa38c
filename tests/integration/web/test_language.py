import pytest
from django.test import Client

from dashu.users.models import Borrower, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina():
    user = User.objects.create_user("amina@example.com", "secret-word", language="en")
    Borrower.objects.create(name="Amina", user=user, language="en")
    return user


class TestChoosingALanguage:
    def test_a_visitors_choice_is_kept_by_the_browser(self, client):
        client.post("/language/", {"language": "zh-hant", "next": "/learn/"})

        assert 'lang="zh-hant"' in client.get("/learn/", headers={"accept-language": "en"}).content.decode()

    def test_a_signed_in_persons_choice_is_kept_with_them_for_pages_and_messages(self, client, amina):
        client.force_login(amina)

        client.post("/language/", {"language": "zh-hant"})

        assert User.objects.get(pk=amina.pk).language == "zh-hant"
        assert Borrower.objects.get(user=amina).language == "zh-hant"

    def test_a_new_browser_speaks_the_persons_language(self, client, amina):
        User.objects.filter(pk=amina.pk).update(language="zh-hant")
        client.force_login(amina)

        page = client.get("/learn/", headers={"accept-language": "en"})

        assert 'lang="zh-hant"' in page.content.decode()

    def test_the_persons_language_comes_before_what_the_browser_chose(self, client, amina):
        client.post("/language/", {"language": "zh-hans"})
        client.force_login(amina)

        page = client.get("/learn/")

        assert (page.headers["Content-Language"], 'lang="en"' in page.content.decode()) == ("en", True)

    def test_who_has_signed_out_reads_what_they_chose_in_this_browser(self, client, amina):
        client.force_login(amina)
        client.post("/language/", {"language": "zh-hant"})
        client.logout()
        client.cookies["django_language"] = "zh-hant"

        assert client.get("/learn/", headers={"accept-language": "en"}).headers["Content-Language"] == "zh-hant"

    def test_a_choice_while_signed_in_holds_for_the_next_page_in_every_browser(self, client, amina):
        client.force_login(amina)
        client.post("/language/", {"language": "zh-hant"})
        other = Client()
        other.cookies["django_language"] = "en"
        other.force_login(amina)

        assert [each.get("/learn/").headers["Content-Language"] for each in (client, other)] == ["zh-hant"] * 2

    @pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
    def test_a_new_account_begins_with_the_language_it_was_opened_in(self, client, language):
        client.post("/language/", {"language": language})

        client.post("/accounts/signup/", {"login": "new@example.com", "password1": "correct horse"})

        assert User.objects.get(email="new@example.com").language == language

    def test_an_unknown_language_changes_nothing(self, client, amina):
        client.force_login(amina)

        client.post("/language/", {"language": "tlh"})

        assert User.objects.get(pk=amina.pk).language == "en"

    def test_does_not_send_the_reader_to_another_site(self, client):
        page = client.post("/language/", {"language": "en", "next": "https://elsewhere.example/"})

        assert page.url == "/"
