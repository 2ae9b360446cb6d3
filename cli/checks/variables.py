"""Whether every variable of the environment that begins as settings do is one."""

from cli.checks.findings import Check, ok, part, problem, warning
from configuration.settings import OWN, Settings
from configuration.unknown import unknown_variables

NAME = "settings"


def settings_check(settings: Settings) -> Check:
    """What is no setting is named; where keys or an address seem to be meant, what they would do is not done."""
    found = unknown_variables(settings)
    if not found:
        return ok(NAME, "settings_known", beginning=OWN)
    named = [
        part("setting_meant" if each.meant else "setting_unknown", variable=each.variable, meant=each.meant)
        for each in found
    ]
    return (problem if any(each.guards for each in found) else warning)(NAME, "settings_unknown", named=named)
