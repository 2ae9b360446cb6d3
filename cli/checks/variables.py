"""Whether every variable of the environment that begins as settings do is one."""

from cli.checks.findings import Check, ok, problem, warning
from configuration.settings import OWN, Settings
from configuration.unknown import unknown_variables

NAME = "settings"


def settings_check(settings: Settings) -> Check:
    """What is no setting is named; where keys or an address seem to be meant, what they would do is not done."""
    found = unknown_variables(settings)
    if not found:
        return ok(NAME, f"every variable that begins with {OWN} is a setting")
    says = f"{'; '.join(map(str, found))}."
    mend = "correct the name; docs/operations.md has a table of all settings"
    return (problem if any(each.guards for each in found) else warning)(NAME, says, mend)
