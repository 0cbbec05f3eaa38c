"""
Where a call comes from: the address of the caller and the certificate it showed, behind as many proxies as we trust.

Both are read from what our nearest proxies wrote. Where there are none, and where no setting names the header, what a
caller writes there means nothing.
"""

import base64
import binascii
import ssl
from collections.abc import Mapping
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
BITS_KEPT = {4: 24, 6: 48}


def address_of(meta: Mapping[str, Any]) -> Address | None:
    """
    Return the caller's address; None where it cannot be told.

    Each of our proxies adds the address it was called from at the end of X-Forwarded-For, so the caller's is so many
    from the end as there are proxies; what stands before it is the caller's own word.
    """
    proxies = settings.TRUSTED_PROXIES
    text = str(meta.get("REMOTE_ADDR") or "")
    if proxies:
        hops = [hop.strip() for hop in str(meta.get("HTTP_X_FORWARDED_FOR") or "").split(",")]
        text = hops[-proxies] if len(hops) >= proxies else ""
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def client_ip(request: HttpRequest) -> str | None:
    """Return the address as evidence keeps it and limits count it; None where it cannot be told."""
    address = address_of(request.META)
    return None if address is None else str(address)


def network_of(address: Address | None) -> str:
    """Return so much of an address as says where in the world it is, not which machine."""
    return "" if address is None else str(ip_network((address, BITS_KEPT[address.version]), strict=False))


def is_within(address: Address | None, networks: list[str]) -> bool:
    return address is not None and any(address in ip_network(network) for network in networks)


def certificate_of(meta: Mapping[str, Any]) -> str | None:
    """Return the SHA-256 of the certificate that the proxy says the caller showed; None without one."""
    header = settings.CLIENT_CERTIFICATE_HEADER
    if not header:
        return None
    try:
        return thumbprint(str(meta.get(f"HTTP_{header.upper().replace('-', '_')}") or ""))
    except ValueError:
        return None


def thumbprint(text: str) -> str:
    """
    Return the SHA-256 of a certificate as 64 hexadecimal digits.

    :param text: the digest in hexadecimal, with or without colons, or in base64url as RFC 8705 writes it; or the
        certificate itself, as PEM, perhaps escaped for a header, or as RFC 9440 has it.
    :raises ValueError: it is none of these.
    """
    text = unquote(text.strip()) if "%" in text else text.strip()
    if "-----BEGIN CERTIFICATE-----" in text:
        return sha256(ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN") :])).hexdigest()
    if len(text) > 2 and text[0] == text[-1] == ":":
        return sha256(_decoded(text[1:-1])).hexdigest()
    digits = text.replace(":", "").lower()
    digest = bytes.fromhex(digits) if len(digits) == 64 else _decoded(text.replace("-", "+").replace("_", "/"))
    if len(digest) != sha256().digest_size:
        raise ValueError(text)
    return digest.hex()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error
