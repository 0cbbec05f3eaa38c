"""Which payment provider is in use: a setting, so that another one is a second class and no other change."""

from functools import lru_cache

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from repayments.gateways.base import NoPaymentProvider, Provider
from repayments.gateways.simulated import SimulatedProvider
from repayments.gateways.wechat import WeChatConfig, WeChatPay


def provider() -> Provider:
    """
    Return the provider that takes new payments.

    :raises NoPaymentProvider: there is none, as in production unless it names one.
    """
    return provider_named(settings.PAYMENT_PROVIDER or SimulatedProvider.name)


def payout_provider() -> Provider:
    """
    Return the provider that sends money: the one in use, or the one that `PAYOUT_PROVIDER` names.

    :raises NoPaymentProvider: there is none that can.
    """
    name = settings.PAYOUT_PROVIDER or settings.PAYMENT_PROVIDER or SimulatedProvider.name
    chosen = provider_named(name)
    if not chosen.can_pay_out:
        raise NoPaymentProvider(_("No payment provider that can send money is set up here."))
    return chosen


def provider_named(name: str) -> Provider:
    """
    Return the provider of this name, also one that only still finishes what was begun with it.

    :raises NoPaymentProvider: it is not set up here; payments without money must be switched on.
    """
    if name == SimulatedProvider.name and settings.SIMULATED_GATEWAY:
        return SimulatedProvider()
    if name == WeChatPay.name and settings.WECHAT_PAY.get("mchid"):
        return _wechat(WeChatConfig(**settings.WECHAT_PAY))
    raise NoPaymentProvider(_("Online payment is not set up here. Pay by bank transfer, as your contract says."))


@lru_cache(maxsize=2)
def _wechat(config: WeChatConfig) -> WeChatPay:
    return WeChatPay(config)
