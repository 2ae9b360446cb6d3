"""The seal of a dossier (封签): its manifest, and so every byte of its files, signed by whoever packed it.

The list of a folder of dossiers has one, too. A seal is a signed note (C2SP signed-note) of its own kind: no reader of
checkpoints takes it for one, nor the seal of a list for that of a dossier.
"""

import hashlib
from typing import Final

from audit.dossier.contents import Manifest
from audit.dossier.folder_list import DossierList
from domain.log.keys import Signer
from domain.log.notes import SignedNote

SEAL: Final = "manifest.sig"
"""Its name in a dossier. No manifest lists it, as it signs the manifest."""
LIST_SEAL: Final = "dossiers.sig"
"""Its name in a folder, beside the list."""
_KIND: Final = "shareflow-dossier-seal/1"
_KIND_OF_LIST: Final = "shareflow-dossiers-seal/1"


def note_of(sealed: Manifest | DossierList) -> SignedNote:
    """What is signed: both digests of the manifest of a dossier, or of the list of a folder."""
    content, kind = sealed.written(), _KIND if isinstance(sealed, Manifest) else _KIND_OF_LIST
    sha256, sm3 = hashlib.sha256(content).hexdigest(), hashlib.new("sm3", content).hexdigest()
    return SignedNote(f"{kind}\nsha256 {sha256}\nsm3 {sm3}\n")


def seal_of(sealed: Manifest | DossierList, signer: Signer) -> bytes:
    """The seal of a dossier with this manifest, or of a folder with this list."""
    return note_of(sealed).signed(signer).written().encode()
