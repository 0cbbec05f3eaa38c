"""The safe stop: a challenger that cures fewer people, or makes more of them complain, ends by itself."""

from datetime import date

from collections_mgmt.domain.trials import Goal
from collections_mgmt.models import StrategyVersion
from collections_mgmt.selectors.strategy_results import trial_of
from collections_mgmt.services.strategies import End, stop_unsafe
from dashu.alerts.services import raise_alert
from dashu.policy.strategies import TrialRule

_ENDS = {Goal.CURED: End.WORSE_CURE, Goal.COMPLAINED: End.MORE_COMPLAINTS}


def stop_unsafe_trials(*, on: date, rules: TrialRule, actor: str) -> int:
    """
    Stop each challenger whose interval lies wholly on the wrong side, and return how many; whoever followed it goes
    back to the champion.

    The results are looked at every night, so one is stopped by chance more easily than once in twenty times. That is
    the price of harming nobody longer than needed; it can be tried again.
    """
    stopped = 0
    running = StrategyVersion.objects.published().filter(role=StrategyVersion.Role.CHALLENGER).order_by("pk")
    for version in running.select_related("strategy"):
        harm = trial_of(version.pk, on=on, rule=rules).harm
        if harm and stop_unsafe(version_id=version.pk, why=_ENDS[harm], actor=actor):
            raise_alert(
                "strategy.less_cure" if harm is Goal.CURED else "strategy.more_complaints",
                subject=f"strategy {version.pk}",
                strategy=version.strategy.name,
                version=version.number,
            )
            stopped += 1
    return stopped
