"""What other rules than ours could explain is told apart from a forgery; it is confirmed by their release alone.

Whoever forges a dossier can write any release into it: that it claims one makes nothing hold.
"""

import re
from typing import Final

from audit.dossier.contents import Manifest
from audit.dossier.rules import release_here, rules_here
from audit.verification.results import CheckFailed

_RELEASE: Final = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){1,3}((a|b|rc)[0-9]{1,3})?", re.ASCII)


class DecidesOtherwise(CheckFailed):
    """A check that fails by our rules, and might hold by those of another release."""


def made_elsewhere(manifest: Manifest) -> bool:
    """Whether another release than this packed a dossier: its page may have looked otherwise."""
    return manifest.made_by != release_here()


def told_apart(error: CheckFailed, manifest: Manifest) -> str:
    """What was found to be wrong; where the dossier names other rules than ours, that these cannot tell why."""
    other = other_rules(manifest)
    return f"{error.detail}; {other}" if other and isinstance(error, DecidesOtherwise) else error.detail


def other_rules(manifest: Manifest) -> str | None:
    """By which other rules a dossier says that it was packed, and what can confirm it; None: by ours."""
    if manifest.rules == rules_here():
        return None
    ours, theirs = release_here(), manifest.made_by
    named = f"the rules of release {theirs}" if _RELEASE.fullmatch(theirs) else "the rules of an unknown release"
    where = named if theirs != ours else f"other rules than those of release {ours}, under its number"
    return (
        f"it says that it was packed by {where}: a changed rule and a forgery look alike to this one ({ours}), which "
        f"confirms neither; {check_with(manifest)}"
    )


def check_with(manifest: Manifest) -> str:
    """With what a dossier of another release can be checked, as an auditor would have it."""
    theirs = manifest.made_by
    if theirs == release_here() or not _RELEASE.fullmatch(theirs):
        return "check it with the build that packed it"
    return f'check it with that release: pip install "shareflow[audit]=={theirs}"'
