"""What is said to borrowers today: what comes with the program, replaced by what was approved since."""

from collections_mgmt.domain.scripts import Script, scripts, with_newer
from collections_mgmt.models import ScriptVersion
from dashu.kernel.dates import lender_date
from dashu.policy.case_desk import Step


def scripts_in_use() -> tuple[Script, ...]:
    """Return the approved scripts, each in its newest version, without those that were withdrawn; one query."""
    decided = list(ScriptVersion.objects.filter(status__in=("APPROVED", "WITHDRAWN")).order_by("code"))
    approved = [script_of(version) for version in decided if version.status == "APPROVED"]
    gone = {version.code for version in decided} - {script.code for script in approved}
    return tuple(script for script in with_newer(scripts(), approved) if script.code not in gone)


def script_of(version: ScriptVersion) -> Script:
    """Return a version as what it would be in use. A draft counts as approved on the day it was written."""
    return Script(
        code=version.code,
        version=version.version,
        steps=frozenset(Step(step) for step in version.steps),
        approved_on=lender_date(version.approved_at or version.made_at),
        is_disclosure=version.is_disclosure,
        title=version.title,
        texts=version.texts,
    )
