"""What a requester files (需求申请): the parties, the resource, the purpose and the papers.

Every field is optional here: the statute says what a complete application needs (:func:`missing_fields`), so that an
incomplete one is refused with its article and not as malformed input.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from domain.engine.filed import Document
from domain.field_types import Code, Text, Truth
from domain.statutes.model import Clause, Statute
from procedures.common.filing import code_and_name
from procedures.common.sharing import Sharing


class Application(Sharing):
    """An application as filed (申请).

    ``justification``: why it is needed for the requester's duty (因履行职责确需使用). ``disputes_grant``: the
    case whose granted conditions are disputed; such a filing goes straight to negotiation where the text
    opens one (809 art. 28, yima art. 16, nantong art. 27). ``office_head_consent``: the head of the requester's
    office for sharing has consented (本部门政务数据共享工作机构负责人同意). ``superior``: the place (辖区) of the
    common superior that coordinates and decides a dispute across levels or regions.
    """

    contains_state_secret: Truth = False
    justification: Text | None = None
    documents: Annotated[tuple[Document, ...], Field(max_length=100)] = ()
    disputes_grant: Code | None = None
    office_head_consent: Truth = False


def undeclared_fields(application: Application, statute: Statute) -> Iterator[str]:
    """The fields that the statute asks to be declared and the application leaves out; none for a dispute."""
    if application.disputes_grant is None:
        for declaration in statute.filing.declares:
            if not getattr(application, declaration.field):
                yield declaration.field


def missing_fields(application: Application, statute: Statute) -> Iterator[tuple[str, Clause | None]]:
    """The required fields that an application leaves out, each with the clause that requires it, if any."""
    named = code_and_name(requester=application.requester, provider=application.provider, resource=application.resource)
    for field, value in {**named, "resource.sharing_class": application.resource.sharing_class}.items():
        if not value:
            yield field, None
    for requirement in statute.filing.requires:
        if not getattr(application, requirement.field):
            yield requirement.field, requirement.clause
