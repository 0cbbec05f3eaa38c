import pytest
from structlog.testing import capture_logs

pytestmark = pytest.mark.django_db


class TestLogRequests:
    @pytest.mark.parametrize("place", ["guarantee", "sign", "stop"])
    def test_leaves_out_what_an_address_is_the_key_to(self, place, client):
        with capture_logs() as lines:
            client.get(f"/{place}/AbCdEfGhIjKlMnOpQrStUvWxYz012345/?next=/guarantee/AbCdEfGh/")

        assert [line["request"] for line in lines] == [f"GET /{place}/…/?next=/guarantee/…/"] * 2

    def test_writes_other_addresses_as_they_are(self, client):
        with capture_logs() as lines:
            client.get("/verify/?code=7K3M")

        assert {line["request"] for line in lines} == {"GET /verify/?code=7K3M"}
