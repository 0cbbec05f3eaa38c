"""Where events are posted to: what is public, and nothing else, however it is written."""

import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

import pytest

from dashu.webhooks import posting
from dashu.webhooks.addresses import (
    AddressNotAllowed,
    WebhookUrlRefused,
    addresses_of,
    is_public,
    read_target,
)
from dashu.webhooks.names import MOST_OF_ONE, THREADS, NameNotResolved, resolve
from dashu.webhooks.posting import Limits, post


def answering(monkeypatch, *answers):
    """Have names lead to these addresses, one answer for each time that one is asked for."""
    left = list(answers)

    def getaddrinfo(host, port, *_more):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in left.pop(0)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return left


class TestPublic:
    @pytest.mark.parametrize(
        "address",
        [
            "0.0.0.1",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.8.8.8",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.1.1",
            "198.18.0.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
        ],
    )
    def test_is_no_address_inside_a_network_or_with_another_inside(self, address):
        assert is_public(ip_address(address)) is False

    @pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"])
    def test_is_what_anybody_reaches(self, address):
        assert is_public(ip_address(address)) is True


class TestReading:
    @pytest.mark.parametrize(
        ("url", "reason"),
        [
            ("http://partner.example/hooks", "not_https"),
            ("ftp://partner.example/hooks", "form"),
            ("https:///hooks", "form"),
            ("partner.example", "form"),
            ("https://partner.example/a b", "form"),
            ("https://partner.example/\r\nHost: x", "form"),
            ("https://partner.example\\@10.0.0.1/", "form"),
            ("https://partner.example/#x", "form"),
            ("https://partner.example:99999/", "form"),
            ("https://大樹.example/", "form"),
            ("https://" + "a" * 500, "form"),
            ("https://user@partner.example/", "credentials"),
            ("https://:word@partner.example/", "credentials"),
            ("https://partner.example:22/", "port"),
            ("https://127.0.0.1/", "not_public"),
            ("https://[::1]/", "not_public"),
            ("https://169.254.169.254/latest/", "not_public"),
            ("http://127.0.0.1:8000/", "not_https"),
        ],
    )
    def test_refuses_with_a_reason(self, url, reason):
        with pytest.raises(WebhookUrlRefused) as refusal:
            read_target(url)

        assert refusal.value.details == {"reason": reason}

    def test_keeps_the_query_and_names_the_port_only_where_it_matters(self):
        assert read_target("https://partner.example/hooks?a=1").path == "/hooks?a=1"
        assert read_target("https://partner.example").host_header == "partner.example"
        assert read_target("https://partner.example:8443/").host_header == "partner.example:8443"


class TestNames:
    @pytest.mark.parametrize(
        "addresses", [["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["fe80::1%eth0"], ["::ffff:10.0.0.1"]]
    )
    def test_one_address_inside_is_enough_to_refuse(self, monkeypatch, addresses):
        answering(monkeypatch, addresses)

        with pytest.raises(AddressNotAllowed):
            addresses_of(read_target("https://partner.example/"), whose=1, seconds=1)

    def test_a_name_that_leads_nowhere_is_said_so(self, monkeypatch):
        answering(monkeypatch, [])

        with pytest.raises(NameNotResolved):
            addresses_of(read_target("https://partner.example/"), whose=1, seconds=1)

    def test_what_is_connected_to_is_what_was_checked(self, monkeypatch):
        """A name that leads inside when it is asked a second time is not asked a second time."""
        left = answering(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
        asked = []

        def create_connection(place, timeout):
            asked.append(place)
            raise ConnectionRefusedError

        monkeypatch.setattr(socket, "create_connection", create_connection)
        reply = post("https://partner.example/", b"{}", {}, whose=1, limits=Limits(1, 1, 1))

        assert (reply.failure, asked, left) == ("CONNECTION", [("8.8.8.8", 443)], [["127.0.0.1"]])

    def test_nothing_is_connected_to_where_the_name_leads_inside(self, monkeypatch):
        answering(monkeypatch, ["169.254.169.254"])
        monkeypatch.setattr(socket, "create_connection", lambda *_args, **_how: pytest.fail("connected"))

        assert post("https://partner.example/", b"{}", {}, whose=1, limits=Limits(1, 1, 1)).failure == "ADDRESS"

    def test_a_name_that_takes_too_long_is_given_up(self, monkeypatch):
        may_end = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args: may_end.wait(5))
        reply = post("https://partner.example/", b"{}", {}, whose=1, limits=Limits(0.05, 1, 1))
        may_end.set()

        assert reply.failure == "NAME"

    def test_names_of_one_partner_that_nobody_answers_keep_no_other_partner_waiting(self, monkeypatch):
        may_end, begun = threading.Event(), threading.Semaphore(0)

        def getaddrinfo(host, port, *_how):
            if host.startswith("slow"):
                begun.release()
                may_end.wait(60)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", port))]

        def ask(host, *, whose, seconds=30.0):
            return resolve(host, 443, whose=whose, seconds=seconds)

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        with ThreadPoolExecutor(MOST_OF_ONE) as lanes:
            try:
                held = [lanes.submit(ask, f"slow-{number}.example", whose=7) for number in range(MOST_OF_ONE)]
                assert all(begun.acquire(timeout=30) for _each in held)

                for host in ("slow.example", "partner.example"):
                    with pytest.raises(NameNotResolved):
                        ask(host, whose=7, seconds=0.01)
                assert ask("partner.example", whose=8) == ["8.8.8.8"]
                assert begun.acquire(blocking=False) is False
            finally:
                may_end.set()
        assert ask("partner.example", whose=7) == ["8.8.8.8"]
        assert MOST_OF_ONE < THREADS

    def test_certificates_and_names_in_them_are_checked(self):
        context = posting.tls_context()

        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
