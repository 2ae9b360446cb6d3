"""Whether the persons of a case are all named, or all withheld as its manifest says."""

from audit.dossier.contents import CaseDossier
from audit.dossier.persons import (
    SOMEWHERE,
    STAND_IN,
    CannotWithhold,
    accounts_in,
    has_salt,
    messages_in,
    persons_in,
    read_history,
)
from audit.verification.record import CaseRecord
from audit.verification.results import CheckFailed
from domain.engine.records import Algorithm, RecordedEvent
from domain.evidence import commitment, is_commitment


def check_persons(dossier: CaseDossier, record: CaseRecord) -> str:
    """Each event that names a person has the salt of its commitment; or none does, and no history either.

    Whether commitments are the right ones, their chain says. Raises CheckFailed.
    """
    named = sum(event.actor.person is not None for event in record.events)
    if dossier.manifest.withheld is None:
        for event in record.events:
            _check_named(event)
        return f"{named} of {len(record.events)} events name a person"
    for event in record.events:
        _check_withheld(event, dossier.manifest.algorithm)
    for name in (*dossier.histories, *dossier.put_aside):
        _check_history(name, dossier.files[name])
    if dossier.papers:
        raise CheckFailed(f"{min(dossier.papers)} is packed, though persons are withheld")
    return (
        f"withheld in {named} of {len(record.events)} events, and in every history; that the same stand-in is the same "
        "person is the packer's word alone"
    )


def prove_person(event: RecordedEvent, person: str, salt: str, algorithm: Algorithm) -> bool:
    """Whether a person that is withheld in an event is this one, by the salt that a full dossier has for the event."""
    return event.salt is None and event.actor.person == commitment(person, salt, algorithm)


def _check_named(event: RecordedEvent) -> None:
    if event.actor.person is None and event.salt is not None:
        raise CheckFailed(f"event {event.seq} has a salt and names nobody", event.article)
    if event.actor.person is not None and event.salt is None:
        raise CheckFailed(f"event {event.seq}: its person is withheld, and the manifest does not say so", event.article)


def _check_withheld(event: RecordedEvent, algorithm: Algorithm) -> None:
    person = event.actor.person
    if event.salt is not None or (person is not None and not is_commitment(person, algorithm)):
        raise CheckFailed(
            f"event {event.seq} tells of a person, and the manifest says they are withheld", event.article
        )


def _check_history(name: str, content: bytes) -> None:
    try:
        history = read_history(name, content)
        if not set(accounts_in(history)) <= {"", SOMEWHERE}:
            raise CheckFailed(f"{name} tells on whose machine something ran, and the manifest says that is withheld")
        for message in messages_in(history):
            if has_salt(message) or not all(map(STAND_IN.fullmatch, persons_in(message))):
                raise CheckFailed(f"{name} tells of a person, and the manifest says they are withheld")
    except CannotWithhold as error:
        raise CheckFailed(f"{name}: {error}") from None
    except RecursionError:
        raise CheckFailed(f"{name} is nested too deeply to be searched for persons") from None
