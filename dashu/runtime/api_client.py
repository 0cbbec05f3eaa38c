"""
What `script/api-client` runs: the Python package for partners, written from the OpenAPI document.

What the generator cannot know (tokens, tries again, pages) is in `docs/api/python/session.py`, which goes with it.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .home import SOURCE_DIR
from .refusal import Refusal

BY_HAND = SOURCE_DIR / "docs" / "api" / "python"
_CONFIG = {"package_name_override": "dashu_client", "project_name_override": "dashu-client", "post_hooks": []}


def description() -> str:
    """Return the OpenAPI document; no server is asked for it."""
    nowhere = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:9/0"}
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "spectacular", "--format", "openapi-json"],
        check=True,
        cwd=SOURCE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "dashu.settings.test", **nowhere},
        stdout=subprocess.PIPE,
        text=True,
    )
    return ended.stdout


def write_client(folder: Path, *, schema: str) -> None:
    """
    Write the package into the folder, over one that was written there before.

    :param schema: the OpenAPI document.
    :raises Refusal: the generator cannot read it.
    """
    with tempfile.TemporaryDirectory() as scratch:
        document, config = Path(scratch, "schema.json"), Path(scratch, "config.json")
        document.write_text(schema, encoding="utf-8")
        config.write_text(json.dumps(_CONFIG), encoding="utf-8")
        program = Path(sys.executable).with_name("openapi-python-client")
        generator = [str(program), "generate", "--meta", "poetry", "--overwrite"]
        ended = subprocess.run(
            [*generator, "--path", str(document), "--output-path", str(folder), "--config", str(config)],
            check=False,
            capture_output=True,
            text=True,
        )
    if ended.returncode or "Error(s) encountered" in ended.stdout:
        raise Refusal("client_not_written", f"The generator could not read the description:\n{ended.stdout}")
    shutil.copy(BY_HAND / "session.py", folder / "dashu_client" / "session.py")
    shutil.copy(BY_HAND / "README.md", folder / "README.md")
