"""What is said to borrowers today: what comes with the program, replaced by what was approved since."""

from collections_mgmt.domain.scripts import Script, scripts, with_newer
from collections_mgmt.models import ScriptVersion
from dashu.kernel.dates import lender_date
from dashu.policy.case_desk import Step


def scripts_in_use() -> tuple[Script, ...]:
    """Return the approved scripts, each in its newest version; one query."""
    approved = ScriptVersion.objects.filter(status=ScriptVersion.Status.APPROVED).order_by("code")
    return with_newer(scripts(), [script_of(version) for version in approved])


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
