import pytest

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

    def test_an_unknown_language_changes_nothing(self, client, amina):
        client.force_login(amina)

        client.post("/language/", {"language": "tlh"})

        assert User.objects.get(pk=amina.pk).language == "en"

    def test_does_not_send_the_reader_to_another_site(self, client):
        page = client.post("/language/", {"language": "en", "next": "https://elsewhere.example/"})

        assert page.url == "/"
