"""Whether an application is complete under a statute (申请材料是否齐全)."""

from domain.engine.decision import MISTYPED_CODE, Refused
from domain.engine.filed import mistyped_codes
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Statute
from procedures.share_request.application import Application, missing_fields, undeclared_fields


def refuse_unless_complete(application: Application, statute: Statute) -> None:
    """Raises Refused for an application that leaves out required fields, with all of them."""
    missing = list(missing_fields(application, statute))
    if missing:
        ground = next((clause for _, clause in missing if clause), None)
        names = ", ".join(name for name, _ in missing)
        raise Refused(RefusalCode.APPLICATION_INCOMPLETE, ground, fields=names)


def findings(application: Application, statute: Statute) -> list[str] | None:
    """What the completeness check should look at (规范性审查要点).

    These are: no sealed paper although the text asks for one; other declarations that the text asks for and are missing
    (consent of the head, basis, way of sharing, term); a mistyped code of a department.
    Findings do not refuse the application: the bureau decides whether they matter. None if there are none.
    """
    unsealed = statute.filing.sealed_document is not None and not any(x.sealed for x in application.documents)
    found = ["no_sealed_document"] if unsealed else []
    wrong = [MISTYPED_CODE] if mistyped_codes(application) else []
    return [*found, *(f"no_{field}" for field in undeclared_fields(application, statute)), *wrong] or None
