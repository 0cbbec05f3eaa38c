"""The list of what runs in production names all of it, and the same lock gives the same list."""

import json
import re

from dashu.runtime import sbom
from tests.architecture.source import ROOT


def test_names_every_package_of_the_lock_with_its_digests():
    lock = (ROOT / "requirements.lock").read_text()
    locked = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", lock, flags=re.MULTILINE))

    components = sbom.document()["components"]

    assert {each["name"]: each["version"] for each in components} == locked
    digests = [digest["value"] for each in components for digest in each["properties"]]
    assert sorted(digests) == sorted(re.findall(r"--hash=sha256:([0-9a-f]{64})", lock))
    assert all(each["purl"].startswith("pkg:pypi/") and each["properties"] for each in components)


def test_is_a_document_that_does_not_change_by_itself():
    first, again = (json.dumps(sbom.document(), sort_keys=True) for _turn in range(2))

    assert first == again
    serial = sbom.document()["serialNumber"]
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}", serial)
    assert (sbom.document()["bomFormat"], sbom.document()["specVersion"]) == ("CycloneDX", "1.6")
