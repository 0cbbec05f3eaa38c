"""What teams and strategies are called that figures have by their code."""

from collections.abc import Collection, Mapping

from collections_mgmt.models import Strategy, Team


def team_names(codes: Collection[str]) -> Mapping[str, str]:
    """Return the name of each team by its code; one that is gone is called by its code."""
    names = dict(Team.objects.filter(code__in=codes).values_list("code", "name"))
    return {code: names.get(code, code) for code in codes}


def strategy_names(versions: Collection[str]) -> Mapping[str, str]:
    """Return the name of each version of a strategy, such as "First help v2" for "first-help v2"."""
    split = {version: version.rpartition(" ") for version in versions}
    names = dict(Strategy.objects.filter(code__in={code for code, _, _ in split.values()}).values_list("code", "name"))
    return {
        version: f"{names.get(code, code)} {number}" if code else version
        for version, (code, _, number) in split.items()
    }
