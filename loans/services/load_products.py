"""Bring the products of a YAML file into the database. Versions that are there stay as they are."""

from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from loans.domain.terms import parse_rules
from loans.models import Product, ProductTerms

PRODUCTS = Path(__file__).resolve().parents[1] / "products.yaml"


@transaction.atomic
def load_products(path: Path = PRODUCTS) -> int:
    """
    Add what is new in the file and return how many versions that were.

    :raises InvalidProductTerms: a version is not well-formed; nothing is written.
    """
    document: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    added = 0
    for entry in document:
        product, _is_new = Product.objects.update_or_create(
            code=entry["code"], defaults={"kind": entry["kind"], "name": entry["name"]}
        )
        for version in entry["versions"]:
            parse_rules(version["terms"])
            _terms, is_new = ProductTerms.objects.get_or_create(
                product=product,
                version=version["version"],
                defaults={"effective_from": version["effective_from"], "terms": version["terms"]},
            )
            added += is_new
    return added
