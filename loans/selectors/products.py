"""Which version of a product's terms is in force on a day."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from loans.models import ProductTerms


class UnknownProduct(DomainError):
    """No product with this code is offered on this day."""

    code = "unknown_product"
    http_status = 404


def product_terms(product_code: str, *, on: date) -> ProductTerms:
    """
    Return the version in force on `on`.

    :raises UnknownProduct: there is none, or the product is no longer offered.
    """
    version = (
        ProductTerms.objects.select_related("product")
        .filter(product__code=product_code, product__is_active=True, effective_from__lte=on)
        .order_by("-effective_from", "-version")
        .first()
    )
    if version is None:
        raise UnknownProduct(
            _("There is no product %(code)s. Choose one from the list of products."),
            field="product",
            params={"code": repr(product_code)[:40]},
        )
    return version
