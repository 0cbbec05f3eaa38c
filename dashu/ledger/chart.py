"""
The chart of accounts, kept as data: which accounts there are, and which one takes the place of a standard account for
the loans of a product.

The products are named here by their codes only; the ledger lies below loans and knows nothing of them. A loan keeps
the accounts of its product, so after a change of the chart its balances are moved by `reclassify` in repayments.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.ledger.accounts import STANDARD, parent_of, role_of
from dashu.ledger.models import Account, AccountRole

KEEP_SECONDS = 30
LANGUAGES = {"zh-Hans", "zh-Hant", "en"}

_kept: dict[str, Mapping[str, str]] = {}
_kept_until = 0.0


class InvalidChart(DomainError):
    """The file of the chart contradicts itself, leaves out what services need, or changes what an account is."""

    code = "invalid_chart"


@transaction.atomic
def load_chart(path: Path | None = None) -> int:
    """
    Bring the accounts and roles of the file into the database and return how many accounts it has.

    Running again is harmless. An account that the file no longer has stays, because entries may name it; what it stood
    for is taken from it.

    :param path: the lender's own file (`LEDGER_CHART_FILE`) unless another is named.
    :raises InvalidChart: nothing is written.
    """
    rows = yaml.safe_load((path or settings.LEDGER_CHART_FILE).read_text(encoding="utf-8"))
    _refuse_malformed(rows)
    accounts = {
        row["code"]: Account(
            code=row["code"], kind=Account.Kind(row["kind"]), name=row["name"], parent_id=parent_of(row["code"])
        )
        for row in rows
    }
    _refuse_contradictions(accounts)
    roles = _roles(rows)
    Account.objects.bulk_create(
        [accounts[code] for code in sorted(accounts)],  # an account comes before its parts
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["kind", "name", "parent"],
    )
    AccountRole.objects.all().delete()
    AccountRole.objects.bulk_create(
        AccountRole(product=product, role=role, account_id=code) for (product, role), code in sorted(roles.items())
    )
    forget_chart()
    transaction.on_commit(forget_chart)  # once more, should another thread have read the old chart meanwhile
    return len(accounts)


def load_chart_after_migrate(**_signal: Any) -> None:
    load_chart()


def accounts_for(product: str) -> Mapping[str, str]:
    """
    Return `{standard account: account}` for the loans of a product: `accounts_for("sme")["1301"] == "1301.02"`.

    A product that the chart does not name has the accounts of "". Each process keeps the chart for a short time;
    loading one drops what its own process kept. SQL reads the same from the function `ledger_accounts_of(product)`.
    """
    global _kept, _kept_until
    if _kept_until < time.monotonic():
        _kept, _kept_until = _read_roles(), time.monotonic() + KEEP_SECONDS
    return _kept.get(product) or _kept[""]


def forget_chart() -> None:
    """Drop what this process kept, so that the next question reads the database."""
    global _kept_until
    _kept_until = 0.0


def _read_roles() -> dict[str, Mapping[str, str]]:
    own: dict[str, dict[str, str]] = {"": {}}
    for product, role, account in AccountRole.objects.values_list("product", "role", "account_id"):
        own.setdefault(product, {})[role] = account
    return {product: MappingProxyType({**own[""], **roles}) for product, roles in own.items()}


def _roles(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Return `{(product, standard account): account}`; for "" every account that stands alone, unless the file says."""
    roles: dict[tuple[str, str], str] = {}
    for row in rows:
        for product in row.get("products", ()):
            if roles.setdefault((product, role_of(row["code"])), row["code"]) != row["code"]:
                raise InvalidChart(
                    _("Two accounts stand for %(role)s of the product “%(product)s”."),
                    field="products",
                    params={"role": role_of(row["code"]), "product": product},
                )
    for row in rows:
        if parent_of(row["code"]) is None:
            roles.setdefault(("", row["code"]), row["code"])
    return roles


def _refuse_malformed(rows: Any) -> None:
    """Each row has a code of digits and points, a known kind, a name in each language, and perhaps products."""
    for row in rows if isinstance(rows, list) else [None]:
        is_well_formed = (
            isinstance(row, dict)
            and row.keys() - {"products"} == {"code", "kind", "name"}
            and isinstance(row["code"], str)
            and all(part.isascii() and part.isdigit() for part in row["code"].split("."))
            and len(row["code"]) <= 32
            and row["kind"] in Account.Kind.values
            and isinstance(row["name"], dict)
            and row["name"].keys() >= LANGUAGES
            and isinstance(row.get("products", []), list)
            and all(isinstance(product, str) and len(product) <= 50 for product in row.get("products", []))
        )
        if not is_well_formed:
            raise InvalidChart(
                _("“%(row)s” is not an account: it needs code, kind and name (zh-Hans, zh-Hant, en)."),
                params={"row": str(row)[:120]},
            )
    codes = [row["code"] for row in rows]
    if len(set(codes)) < len(codes):
        twice = next(code for code in codes if codes.count(code) > 1)
        raise InvalidChart(_("The account %(code)s is in the chart twice."), field="code", params={"code": twice})


def _refuse_contradictions(accounts: Mapping[str, Account]) -> None:
    if missing := sorted(STANDARD - accounts.keys()):
        raise InvalidChart(
            _("The chart has no account %(code)s, which services post to."), field="code", params={"code": missing[0]}
        )
    kinds: dict[str, str] = dict(Account.objects.filter(code__in=accounts).values_list("code", "kind"))
    for code, account in accounts.items():
        parent = accounts.get(account.parent_id) if account.parent_id else account
        if parent is None or parent.kind != account.kind:
            raise InvalidChart(
                _("%(code)s is a part of %(parent)s, which must be in the chart and of the same kind."),
                field="code",
                params={"code": code, "parent": account.parent_id},
            )
        if kinds.get(code, account.kind) != account.kind:
            raise InvalidChart(
                _("The account %(code)s is there already and of another kind. Use a new code."),
                field="kind",
                params={"code": code},
            )
