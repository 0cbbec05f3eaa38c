"""Which version of a product's terms is in force on a day."""

from datetime import date
from functools import lru_cache

from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from loans.models import ProductTerms
from loans.selectors.compiled import OneRow

_IN_FORCE = OneRow(
    lambda: (
        ProductTerms.objects.filter(product__is_active=True)
        .filter(product__code="")
        .filter(effective_from__lte=date.min)
        .filter(status="")
        .order_by("-effective_from", "-version")[:1]
    )
)


class UnknownProduct(DomainError):
    """No product with this code is offered on this day."""

    code = "unknown_product"
    http_status = 404


@lru_cache(maxsize=10_000)
def product_code_of(product_terms_id: int) -> str:
    """Return the code of the product that a version of terms belongs to; versions never change theirs."""
    return str(ProductTerms.objects.values_list("product__code", flat=True).get(pk=product_terms_id))


def product_terms(product_code: str, *, on: date) -> ProductTerms:
    """
    Return the version in force on `on`.

    :raises UnknownProduct: there is none, or the product is no longer offered.
    """
    version = _IN_FORCE.get(product_code, on, ProductTerms.Status.PUBLISHED.value)
    if version is None:
        raise UnknownProduct(
            _("There is no product %(code)s. Choose one from the list of products."),
            field="product",
            params={"code": repr(product_code)[:40]},
        )
    return version


def offered_products(*, on: date) -> list[ProductTerms]:
    """Return the version in force on `on` of each product that is offered, in the order of their codes."""
    versions = (
        ProductTerms.objects.published()
        .filter(product__is_active=True, effective_from__lte=on)
        .select_related("product")
        .order_by("product__code", "-effective_from", "-version")
        .distinct("product__code")
    )
    return list(versions)
