import pytest

from tests.signers import understood


class TestHowToComplain:
    @pytest.mark.parametrize(
        ("language", "said"),
        [
            ("zh-hans", "400-000-0000, 每天9:00至21:00"),
            ("zh-hant", "國家金融監督管理總局的申訴熱線, 12378"),
            ("en", "Dashu Finance, Consumer Protection, 1 Shifan Road, Shanghai 200000"),
        ],
    )
    def test_is_read_by_everyone_in_their_language(self, rules, client, language, said):
        page = client.get("/complaints/", headers={"accept-language": language}).content.decode()

        assert said in page

    def test_is_one_touch_away_on_every_page(self, rules, client):
        for address in ("/", "/apply/", "/apply/consumer/", "/verify/", "/learn/"):
            assert 'href="/complaints/"' in client.get(address).content.decode(), address

    def test_stands_on_the_page_of_an_application(self, client, amina):
        application = understood(amina)
        client.force_login(amina.user)

        page = client.get(f"/applications/{application.reference}/").content.decode()

        assert "400-000-0000" in page
        assert "12378" in page
