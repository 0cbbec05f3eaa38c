"""What a client may do and from where, and its secrets."""

from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from urllib.parse import quote

import pytest
from axes.helpers import get_client_ip_address
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application

from dashu.api.callers import address_of, client_ip, thumbprint
from dashu.api.models import ClientAccess, TokenBinding
from dashu.api.services.clients import (
    CertificatesNotRead,
    ClientNotFound,
    InvalidNetwork,
    InvalidThumbprint,
    OneSecretInUse,
    ScopeNotGranted,
    Secret,
    TwoSecretsInUse,
    end_secret,
    rotate_secret,
    set_access,
    set_grant,
)
from dashu.audit.models import AuditRecord
from dashu.kernel.errors import InvalidInput
from tests import factories
from tests.integration.api.conftest import (
    SECRET,
    PartnerProgram,
    ask_for_token,
    assert_problem,
    program_of,
    register,
)

pytestmark = pytest.mark.django_db

ACTOR = "user:7"
ONE, OTHER = sha256(b"one").hexdigest(), sha256(b"other").hexdigest()
DER = b"the bytes of a certificate"
PEM = "-----BEGIN CERTIFICATE-----\ndGhlIGJ5dGVzIG9mIGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n"


@pytest.fixture
def application(dana) -> Application:
    return register(dana)


def rotate(application, **how) -> str:
    return rotate_secret(application_id=application.pk, actor=ACTOR, **{"now": timezone.now(), **how})


def end(application, which, **how) -> None:
    end_secret(application_id=application.pk, which=which, now=timezone.now(), actor=ACTOR, **how)


def narrow(application, *, scopes=None, networks=(), certificates=()) -> ClientAccess:
    return set_access(
        application_id=application.pk, scopes=scopes, networks=networks, certificates=certificates, actor=ACTOR
    )


def grant(application, scopes, **limits) -> ClientAccess:
    limits = {"reads_a_minute": None, "writes_a_minute": None, **limits}
    return set_grant(application_id=application.pk, granted_scopes=scopes, actor=ACTOR, **limits)


def gets_a_token(secret: str) -> bool:
    return ask_for_token("client-of-dana", secret=secret).status_code == 200


class TestSecrets:
    def test_both_are_good_while_one_takes_over(self, application):
        secret = rotate(application)

        assert gets_a_token(secret)
        assert gets_a_token(SECRET)
        assert not gets_a_token("guessed")

    def test_of_before_ends_by_itself(self, application):
        secret = rotate(application, now=timezone.now() - timedelta(days=7, seconds=1))

        assert gets_a_token(secret)
        assert not gets_a_token(SECRET)

    def test_of_before_ends_at_once_without_a_grace_with_every_token(self, application, rules, dana):
        program = program_of(dana)
        secret = rotate(application, grace=timedelta(0))

        assert_problem(program.get("loans"), 401, "invalid_token", None)
        assert gets_a_token(secret)
        assert not gets_a_token(SECRET)

    def test_of_before_ends_at_once_on_demand_with_every_token(self, application, rules, dana):
        program = program_of(dana)
        secret = rotate(application)

        end(application, Secret.EARLIER)

        assert not gets_a_token(SECRET)
        assert_problem(program.get("loans"), 401, "invalid_token", None)
        assert gets_a_token(secret)

    def test_latest_ends_on_demand_where_it_was_lost(self, application):
        secret = rotate(application)

        end(application, Secret.LATEST, ends_tokens=False)

        assert not gets_a_token(secret)
        assert gets_a_token(SECRET)
        assert ClientAccess.objects.get().earlier_secret == ""

    def test_are_two_at_most(self, application):
        secret = rotate(application)

        with pytest.raises(TwoSecretsInUse):
            rotate(application)

        assert gets_a_token(secret)
        assert gets_a_token(SECRET)

    def test_that_is_the_only_one_cannot_be_ended(self, application):
        for which in Secret:
            with pytest.raises(OneSecretInUse):
                end(application, which)

        assert gets_a_token(SECRET)

    def test_stay_good_beside_another_for_90_days_at_most(self, application):
        with pytest.raises(InvalidInput):
            rotate(application, grace=timedelta(days=91))

        assert gets_a_token(SECRET)

    def test_are_kept_as_digests_only(self, application):
        secret = rotate(application)

        application.refresh_from_db()
        access = ClientAccess.objects.get()
        kept = [application.client_secret, access.earlier_secret]
        assert all(hashed.startswith("md5$") for hashed in kept)  # the cheap hash of the tests
        assert secret not in "".join(kept)
        assert not AuditRecord.objects.filter(data__icontains=secret).exists()

    def test_kept_in_the_clear_is_hashed_when_it_is_rotated(self, application):
        Application.objects.filter(pk=application.pk).update(client_secret=SECRET, hash_client_secret=False)

        rotate(application)

        assert gets_a_token(SECRET)
        assert ClientAccess.objects.get().earlier_secret.startswith("md5$")

    def test_are_noted_in_the_audit_log(self, application):
        rotate(application)
        end(application, Secret.EARLIER)

        found = AuditRecord.objects.filter(subject_type="api_client", subject_id="client-of-dana").order_by("id")
        assert list(found.values_list("action", "actor")) == [
            ("api.secret_rotated", ACTOR),
            ("api.secret_ended", ACTOR),
        ]

    def test_of_an_unknown_client_are_refused(self, db):
        with pytest.raises(ClientNotFound):
            rotate_secret(application_id=0, now=timezone.now(), actor=ACTOR)


class TestScopes:
    def test_are_at_most_those_that_the_partner_chose(self, application):
        narrow(application, scopes=["loans:read", "quotes"])

        assert ask_for_token("client-of-dana").json()["scope"] == "quotes loans:read"
        refused = ask_for_token("client-of-dana", scope="payments:write")
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")

    def test_are_at_most_those_that_the_lender_granted(self, application):
        grant(application, ["loans:read"])

        assert ask_for_token("client-of-dana").json()["scope"] == "loans:read"
        with pytest.raises(ScopeNotGranted):
            narrow(application, scopes=["payments:write"])
        assert ClientAccess.objects.get().scopes is None

    def test_taken_back_by_the_lender_are_gone_although_the_partner_chose_them(self, application):
        narrow(application, scopes=["loans:read", "quotes"])

        grant(application, ["quotes"])

        assert ask_for_token("client-of-dana").json()["scope"] == "quotes"

    def test_of_a_token_that_is_out_shrink_with_those_of_its_client(self, application, dana, rules):
        program = program_of(dana)
        assert program.get("loans").status_code == 200

        narrow(application, scopes=["quotes"])

        assert_problem(program.get("loans"), 403, "insufficient_scope", None)
        assert "loans:read" in AccessToken.objects.get().scope

    def test_that_do_not_exist_are_refused(self, application):
        with pytest.raises(ScopeNotGranted):
            grant(application, ["loans:write"])

        assert ClientAccess.objects.exists() is False


class TestNetworks:
    @pytest.mark.parametrize(
        ("network", "address", "is_let_in"),
        [
            ("203.0.113.0/24", "203.0.113.9", True),
            ("203.0.113.0/24", "203.0.114.9", False),
            ("203.0.113.0/24", "::ffff:203.0.113.9", True),
            ("203.0.113.0/24", "2001:db8::1", False),
            ("2001:db8::/32", "2001:db8:5::1", True),
            ("2001:db8::/32", "2001:db9::1", False),
            ("203.0.113.9", "203.0.113.9", True),
            ("203.0.113.0/24", "", False),
        ],
    )
    def test_listed_are_those_a_client_may_call_from(self, application, dana, rules, network, address, is_let_in):
        program = program_of(dana)
        narrow(application, networks=[network])

        answer = program.client.get("/api/v1/loans", headers=program.headers({}), REMOTE_ADDR=address)

        if is_let_in:
            assert answer.status_code == 200
        else:
            assert_problem(answer, 403, "network_not_allowed", None)

    def test_count_for_tokens_too(self, application):
        narrow(application, networks=["203.0.113.0/24"])

        refused = ask_for_token("client-of-dana")

        assert (refused.status_code, refused.json()["error"]) == (403, "network_not_allowed")
        assert AccessToken.objects.exists() is False
        assert ask_for_token("client-of-dana", secret="guessed").json()["error"] == "invalid_client"

    def test_are_written_as_they_are_understood(self, application):
        access = narrow(application, networks=["203.0.113.9/24", " 2001:DB8::1 ", "203.0.113.0/24"])

        assert access.networks == ["203.0.113.0/24", "2001:db8::1/128"]

    def test_that_are_none_are_refused(self, application):
        with pytest.raises(InvalidNetwork):
            narrow(application, networks=["203.0.113.0/33"])
        with pytest.raises(InvalidInput):
            narrow(application, networks=[f"10.0.{number}.0/24" for number in range(51)])

        assert ClientAccess.objects.exists() is False


class TestAddress:
    @pytest.mark.parametrize(
        ("proxies", "forwarded", "address"),
        [
            (0, "203.0.113.9", "10.0.0.1"),
            (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
            (2, "198.51.100.7, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
            (2, "203.0.113.9", None),
            (1, "", None),
            (1, "unknown", None),
        ],
    )
    def test_is_what_our_own_proxies_wrote(self, settings, proxies, forwarded, address):
        settings.TRUSTED_PROXIES = proxies

        found = address_of({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded})

        assert (str(found) if found else None) == address

    @pytest.mark.parametrize("counts", [client_ip, get_client_ip_address])
    def test_evidence_and_attempts_to_sign_in_are_noted_by_it(self, settings, rf, counts):
        settings.TRUSTED_PROXIES = 1

        assert counts(rf.get("/", headers={"X-Forwarded-For": "192.0.2.1, 203.0.113.9"})) == "203.0.113.9"
        assert counts(rf.get("/")) is None


class TestCertificates:
    @pytest.fixture
    def _read(self, settings) -> None:
        settings.CLIENT_CERTIFICATE_HEADER = "X-Client-Certificate"

    def token(self, certificate: str | None) -> PartnerProgram | None:
        header = {} if certificate is None else {"HTTP_X_CLIENT_CERTIFICATE": certificate}
        answer = Client(**header).post(
            "/oauth/token/",
            data={"grant_type": "client_credentials", "client_id": "client-of-dana", "client_secret": SECRET},
        )
        return PartnerProgram(Client(), answer.json()["access_token"]) if answer.status_code == 200 else None

    @pytest.mark.usefixtures("_read")
    def test_listed_are_asked_for_and_bound_to_the_token(self, application, rules):
        narrow(application, certificates=[ONE, OTHER])
        program = self.token(ONE)

        assert TokenBinding.objects.get().certificate == ONE
        assert program.get("loans", **{"X-Client-Certificate": ONE}).status_code == 200
        differs = program.get("loans", **{"X-Client-Certificate": OTHER})
        assert_problem(differs, 401, "client_certificate_differs", None)
        assert differs["WWW-Authenticate"] == 'Bearer realm="api"'
        assert_problem(program.get("loans"), 401, "client_certificate_missing", None)

    @pytest.mark.usefixtures("_read")
    @pytest.mark.parametrize("certificate", [None, sha256(b"a third").hexdigest(), "nonsense", f"{ONE}, {ONE}"])
    def test_that_are_not_listed_get_no_token(self, application, certificate):
        narrow(application, certificates=[ONE])

        assert self.token(certificate) is None
        assert AccessToken.objects.exists() is False

    @pytest.mark.usefixtures("_read")
    def test_taken_off_the_list_end_the_tokens_bound_to_them(self, application, rules):
        narrow(application, certificates=[ONE, OTHER])
        program = self.token(ONE)

        narrow(application, certificates=[OTHER])

        assert_problem(program.get("loans", **{"X-Client-Certificate": ONE}), 401, "client_certificate_missing", None)

    @pytest.mark.usefixtures("_read")
    def test_stay_bound_when_the_list_is_emptied(self, application, rules):
        narrow(application, certificates=[ONE])
        program = self.token(ONE)

        narrow(application)

        assert_problem(program.get("loans"), 401, "client_certificate_differs", None)

    def test_in_a_header_mean_nothing_where_no_proxy_sets_it(self, application, settings, rules):
        settings.CLIENT_CERTIFICATE_HEADER = "X-Client-Certificate"
        narrow(application, certificates=[ONE])
        settings.CLIENT_CERTIFICATE_HEADER = ""

        assert self.token(ONE) is None

    def test_cannot_be_listed_where_none_are_read(self, application):
        with pytest.raises(CertificatesNotRead):
            narrow(application, certificates=[ONE])

        assert ClientAccess.objects.exists() is False

    @pytest.mark.usefixtures("_read")
    def test_that_are_none_are_refused(self, application):
        with pytest.raises(InvalidThumbprint):
            narrow(application, certificates=["abc"])
        with pytest.raises(InvalidInput):
            narrow(application, certificates=[ONE] * 11)

        assert ClientAccess.objects.exists() is False

    @pytest.mark.parametrize(
        "text",
        [
            sha256(DER).hexdigest(),
            sha256(DER).hexdigest().upper(),
            ":".join(f"{byte:02X}" for byte in sha256(DER).digest()),
            urlsafe_b64encode(sha256(DER).digest()).decode().rstrip("="),
            PEM,
            quote(PEM),
            ":dGhlIGJ5dGVzIG9mIGEgY2VydGlmaWNhdGU=:",
        ],
    )
    def test_are_known_however_a_proxy_writes_them(self, text):
        assert thumbprint(text) == sha256(DER).hexdigest()

    @pytest.mark.parametrize("text", ["", "abc", ONE[:-1], f"{ONE}00", "z" * 64, "::", "%", "é" * 43])
    def test_are_nothing_else(self, text):
        with pytest.raises(ValueError):
            thumbprint(text)


class TestSettingAccess:
    def test_is_noted_in_the_audit_log(self, application):
        narrow(application, scopes=["quotes"], networks=["203.0.113.0/24"])
        grant(application, ["quotes"], reads_a_minute=10)

        found = AuditRecord.objects.filter(subject_id="client-of-dana").order_by("id")
        assert list(found.values_list("action", "data")) == [
            ("api.access_set", {"scopes": ["quotes"], "networks": ["203.0.113.0/24"], "certificates": []}),
            ("api.grant_set", {"granted_scopes": ["quotes"], "reads_a_minute": 10, "writes_a_minute": None}),
        ]

    @pytest.mark.parametrize("limit", [0, -1, 1_000_001])
    def test_refuses_limits_that_are_none(self, application, limit):
        with pytest.raises(InvalidInput):
            grant(application, None, writes_a_minute=limit)

        assert ClientAccess.objects.exists() is False

    def test_is_seen_by_the_partner_and_by_staff(self, application, dana, administrator):
        narrow(application)

        assert ClientAccess.objects.visible_to(dana.user).count() == 1
        assert ClientAccess.objects.visible_to(administrator).count() == 1
        assert ClientAccess.objects.visible_to(factories.partner("Elif").user).count() == 0
