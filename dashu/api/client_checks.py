"""What is asked of a client beside its secret, for a token and for every call: from where, with which certificate."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AccessToken, Application

from dashu.api.callers import address_of, certificate_of, is_within
from dashu.api.models import ClientAccess, TokenBinding
from dashu.kernel.errors import DomainError


class NetworkNotAllowed(DomainError):
    """The call comes from an address outside the networks that are listed for this client."""

    code = "network_not_allowed"
    http_status = 403


class CertificateMissing(DomainError):
    """The call showed no certificate, or none of those that are listed for this client."""

    code = "client_certificate_missing"
    http_status = 401


class CertificateDiffers(DomainError):
    """The token was got with another certificate than this call showed."""

    code = "client_certificate_differs"
    http_status = 401


def access_of(application: Application) -> ClientAccess | None:
    """Return what was said of this client; None for one that nobody narrowed."""
    return getattr(application, "access", None)


def refuse_caller(access: ClientAccess | None, meta: Mapping[str, Any]) -> None:
    """:raises NetworkNotAllowed, CertificateMissing: of `access`."""
    if access is None:
        return
    if access.networks and not is_within(address_of(meta), access.networks):
        raise NetworkNotAllowed(
            _("This client may not call from this address. Add its network to those of the client.")
        )
    if access.certificates and certificate_of(meta) not in access.certificates:
        raise CertificateMissing(_("Show one of the certificates that are listed for this client."))


def bind(token: AccessToken, access: ClientAccess | None, meta: Mapping[str, Any]) -> None:
    """Have the token work only with the certificate that was shown for it, where the client has to show one."""
    certificate = certificate_of(meta)
    if access is not None and access.certificates and certificate:
        TokenBinding.objects.create(token=token, certificate=certificate)


def refuse_other_certificate(token: AccessToken, meta: Mapping[str, Any]) -> None:
    """:raises CertificateDiffers: the token is bound to another certificate."""
    binding: TokenBinding | None = getattr(token, "binding", None)
    if binding is not None and certificate_of(meta) != binding.certificate:
        raise CertificateDiffers(_("This token belongs to another certificate. Get one with the certificate in use."))
