"""The seal of a dossier (封签): its manifest, and so every byte of its files, signed by whoever packed it.

It is a signed note (C2SP signed-note) of its own kind: no reader of checkpoints takes it for one.
"""

import hashlib
from typing import Final

from audit.dossier.contents import Manifest
from domain.log.keys import Signer
from domain.log.notes import SignedNote

SEAL: Final = "manifest.sig"
"""Its name in a dossier. No manifest lists it, as it signs the manifest."""
_KIND: Final = "shareflow-dossier-seal/1"


def note_of(manifest: Manifest) -> SignedNote:
    """What is signed: both digests of the manifest."""
    content = manifest.written()
    sha256, sm3 = hashlib.sha256(content).hexdigest(), hashlib.new("sm3", content).hexdigest()
    return SignedNote(f"{_KIND}\nsha256 {sha256}\nsm3 {sm3}\n")


def seal_of(manifest: Manifest, signer: Signer) -> bytes:
    """The seal of a dossier with this manifest."""
    return note_of(manifest).signed(signer).written().encode()
