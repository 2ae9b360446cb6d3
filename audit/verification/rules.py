"""What other rules than ours could explain is told apart from a forgery; it is confirmed by their release alone.

Whoever forges a dossier can write any release into it: that it claims one makes nothing hold.
"""

from audit.dossier.contents import Manifest
from audit.dossier.rules import release_here, rules_here
from audit.released import is_known, released_rules
from audit.verification.results import CheckFailed


class DecidesOtherwise(CheckFailed):
    """A check that fails by our rules, and might hold by those of another release."""


def check_release(manifest: Manifest) -> str:
    """The release that packed the dossier is one that there is, as far as this one knows, and has had these rules.

    Raises CheckFailed.
    """
    if not is_known(manifest.made_by):
        raise CheckFailed(f"no release that this one ({release_here()}) knows is called {manifest.made_by!r:.60}")
    if not _had_its_rules(manifest):
        never = f"release {manifest.made_by} never had the rules of this fingerprint, {manifest.rules}"
        raise CheckFailed(f"{never}: {check_with(manifest)}")
    return f"packed by {'this release' if not made_before(manifest) else f'release {manifest.made_by}'}"


def made_before(manifest: Manifest) -> bool:
    """Whether a release before this one packed a dossier, by rules that it had.

    What names a release that never was, or rules that it never had, is judged as ours.
    """
    return manifest.made_by != release_here() and _had_its_rules(manifest)


def _had_its_rules(manifest: Manifest) -> bool:
    return manifest.rules in released_rules().get(manifest.made_by, ())


def may_look_otherwise(manifest: Manifest) -> bool:
    """Whether the page of a dossier may be drawn otherwise than here: one of a release before, by its own rules."""
    return made_before(manifest) and manifest.rules != rules_here()


def told_apart(error: CheckFailed, manifest: Manifest) -> str:
    """What was found to be wrong; where the dossier names other rules than ours, that these cannot tell why."""
    other = other_rules(manifest)
    return f"{error.detail}; {other}" if other and isinstance(error, DecidesOtherwise) else error.detail


def other_rules(manifest: Manifest) -> str | None:
    """By which other rules a dossier says that it was packed, and what can confirm it; None: by ours."""
    if manifest.rules == rules_here():
        return None
    ours, theirs = release_here(), manifest.made_by
    if theirs == ours:
        where = f"other rules than those of release {ours}, under its number"
    elif made_before(manifest):
        where = f"the rules of release {theirs}"
    else:
        where = f"rules that release {theirs} never had" if is_known(theirs) else "the rules of an unknown release"
    return (
        f"it says that it was packed by {where}: a changed rule and a forgery look alike to this one ({ours}), which "
        f"confirms neither; {check_with(manifest)}"
    )


def check_with(manifest: Manifest) -> str:
    """With what a dossier of another release can be checked, as an auditor would have it."""
    theirs = manifest.made_by
    if not made_before(manifest):
        return "check it with the build that packed it"
    return f'check it with that release: pip install "shareflow[audit]=={theirs}"'
