"""Whether an application is complete under a statute (申请材料是否齐全)."""

from domain.engine.decision import MISTYPED_CODE, Refused
from domain.engine.filed import mistyped_codes
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Statute
from procedures.share_request.application import Application, missing_fields, undeclared_fields


def refuse_unless_complete(application: Application, statute: Statute) -> None:
    """Refuse an application that leaves out what the statute requires, naming all of it at once."""
    missing = list(missing_fields(application, statute))
    if missing:
        ground = next((clause for _, clause in missing if clause), None)
        names = ", ".join(name for name, _ in missing)
        raise Refused(RefusalCode.APPLICATION_INCOMPLETE, ground, fields=names)


def findings(application: Application, statute: Statute) -> list[str] | None:
    """What the completeness check should look at (规范性审查要点).

    That is: no sealed paper where the text asks for one; whatever else it asks to be declared and is not (the consent
    of the head, the basis, the way of sharing, the term); a code of a department that cannot be right.
    A finding refuses nothing; whether it matters is for the bureau to say. None when there is none.
    """
    unsealed = statute.filing.sealed_document is not None and not any(x.sealed for x in application.documents)
    found = ["no_sealed_document"] if unsealed else []
    wrong = [MISTYPED_CODE] if mistyped_codes(application) else []
    return [*found, *(f"no_{field}" for field in undeclared_fields(application, statute)), *wrong] or None
