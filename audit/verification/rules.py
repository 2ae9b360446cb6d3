"""What other rules than ours could explain is told apart from a forgery; it is confirmed by their release alone.

Whoever forges a dossier can write any release into it: that it claims one makes nothing hold.
"""

from enum import Enum, auto

from audit.dossier.contents import Manifest
from audit.dossier.rules import release_here, rules_here
from audit.released import is_known, released_rules
from audit.verification.results import CheckFailed


class DecidesOtherwise(CheckFailed):
    """A check that fails by our rules, and might hold by those of another release."""


class PackedUnder(Enum):
    """Who packed a dossier by what its manifest says, as far as this build knows; every sentence about it follows.

    A release in the making has many builds, of which it notes the rules that kept dossiers were packed by: such a build
    is known, as each release before is.
    """

    THIS_BUILD = auto()
    BUILD_BEFORE = auto()
    RELEASE_BEFORE = auto()
    NOBODY = auto()
    UNKNOWN = auto()


def packed_under(manifest: Manifest) -> PackedUnder:
    """Who packed a dossier; NOBODY where the release is known and never had such rules."""
    if not is_known(manifest.made_by):
        return PackedUnder.UNKNOWN
    if manifest.rules not in released_rules().get(manifest.made_by, ()):
        return PackedUnder.NOBODY
    if manifest.made_by != release_here():
        return PackedUnder.RELEASE_BEFORE
    return PackedUnder.THIS_BUILD if manifest.rules == rules_here() else PackedUnder.BUILD_BEFORE


def check_release(manifest: Manifest) -> str:
    """The release that packed the dossier is one that there is, as far as this one knows, and has had these rules.

    Raises CheckFailed.
    """
    match packed_under(manifest):
        case PackedUnder.UNKNOWN:
            raise CheckFailed(f"no release that this one ({release_here()}) knows is called {manifest.made_by!r:.60}")
        case PackedUnder.NOBODY:
            never = f"release {manifest.made_by} never had the rules of this fingerprint, {manifest.rules}"
            raise CheckFailed(f"{never}: {check_with(manifest)}")
        case PackedUnder.RELEASE_BEFORE:
            return f"packed by release {manifest.made_by}"
        case PackedUnder.BUILD_BEFORE:
            return "packed by this release, by an earlier build of it that had other rules"
        case PackedUnder.THIS_BUILD:
            return "packed by this release"


def may_look_otherwise(manifest: Manifest) -> bool:
    """Whether the page may be drawn otherwise than here: by a release, or a build of ours, before this one."""
    before = packed_under(manifest) in (PackedUnder.RELEASE_BEFORE, PackedUnder.BUILD_BEFORE)
    return before and manifest.rules != rules_here()


def told_apart(error: CheckFailed, manifest: Manifest) -> str:
    """What was found to be wrong; where the dossier names other rules than ours, that these cannot tell why."""
    other = other_rules(manifest)
    return f"{error.detail}; {other}" if other and isinstance(error, DecidesOtherwise) else error.detail


def other_rules(manifest: Manifest) -> str | None:
    """By which other rules a dossier says that it was packed, and what can confirm it; None: by ours."""
    if manifest.rules == rules_here():
        return None
    whose = {
        PackedUnder.BUILD_BEFORE: "an earlier build of this release",
        PackedUnder.RELEASE_BEFORE: f"the rules of release {manifest.made_by}",
        PackedUnder.NOBODY: f"rules that release {manifest.made_by} never had",
    }.get(packed_under(manifest), "the rules of an unknown release")
    return (
        f"it says that it was packed by {whose}: a changed rule and a forgery look alike to this one "
        f"({release_here()}), which confirms neither; {check_with(manifest)}"
    )


def check_with(manifest: Manifest) -> str:
    """With what a dossier of another release can be checked, as an auditor would have it."""
    if packed_under(manifest) is not PackedUnder.RELEASE_BEFORE:
        return "check it with the build that packed it"
    return f'check it with that release: pip install "shareflow[audit]=={manifest.made_by}"'
