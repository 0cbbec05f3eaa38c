"""`script/sbom`: the packages of the lock as a CycloneDX document (1.6), with the licenses that they state."""

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import Any

from dashu.runtime.home import SOURCE_DIR

LOCK = SOURCE_DIR / "requirements.lock"
# Name and version, perhaps for which machines, and a digest of each file.
_PACKAGE = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)[^\n\\]*(?P<rest>(?:\\\n\s+--hash=\S+\s*)+)", re.MULTILINE
)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def document() -> dict[str, Any]:
    """Return the document; the same lock gives the same one."""
    text = LOCK.read_text(encoding="utf-8")
    serial = hashlib.sha256(text.encode()).hexdigest()
    number = f"{serial[:8]}-{serial[8:12]}-5{serial[13:16]}-8{serial[17:20]}-{serial[20:32]}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{number}",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "dashu", "name": "dashu"}},
        "components": list(_components(text)),
    }


def _components(text: str) -> Iterator[dict[str, Any]]:
    for found in _PACKAGE.finditer(text):
        name, version = found["name"], found["version"]
        purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
        component: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
        # A package has a file for each platform; any of them may be what is installed.
        component["properties"] = [{"name": "dashu:sha256", "value": each} for each in _HASH.findall(found["rest"])]
        if license_text := _license(name):
            component["licenses"] = [{"license": {"name": license_text}}]
        yield component


def _license(name: str) -> str:
    """Return what the installed package says; "" where it is not installed or says nothing short."""
    try:
        about: Any = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    said = about.get("License-Expression") or about.get("License") or ""
    return said if len(said) < 80 and "\n" not in said else ""


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
