"""The state of one share request. Only events change it: see :mod:`domain.engine.evolve`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from domain.engine.records import Event, NumberedEvent
from domain.statutes.model import Route
from domain.words import Authorization, EventType, ProcedureName, Role, SharingClass, Stage
from procedures.common.extensions import extensions_after
from procedures.common.instances import Disputable
from procedures.common.parties import AboutResource
from procedures.share_request.application import Application


@dataclass(frozen=True)
class ShareRequestCase(AboutResource, Disputable):
    """One data-share request (共享申请), from filing to its end."""

    procedure: ClassVar[ProcedureName] = ProcedureName.SHARE_REQUEST

    application: Application
    supplement_used: bool = False
    supplement_of: Stage | None = None
    extension_asked: int | None = None
    extension_days: int = 0
    proposal: Mapping[str, Any] | None = None
    proposer: Role | None = None
    agreed: frozenset[Role] = frozenset()
    impasse: bool = False
    terms: Mapping[str, Any] | None = None
    """The agreed terms of sharing (共享条件)."""
    disputed_found: bool | None = None
    """Whether the grant whose conditions are disputed exists; None if it was not looked up."""

    @property
    def route(self) -> Route:
        """The route of this application under its statute."""
        return self.statute.route(self.sharing_class, self.authorization)

    @property
    def sharing_class(self) -> SharingClass:
        """The sharing class of the resource. Raises LookupError before the filing was found complete."""
        sharing_class = self.application.resource.sharing_class
        if sharing_class is None:
            raise LookupError("the application names no sharing class")
        return sharing_class

    @property
    def authorization(self) -> Authorization | None:
        """Who authorises: according to the resource, otherwise the statute's default for its class."""
        resource = self.application.resource
        if resource.authorization or resource.sharing_class is None:
            return resource.authorization
        return self.statute.default_authorization(resource.sharing_class)

    @property
    def limit_class(self) -> SharingClass | None:
        """Limits for the answer depend on the sharing class."""
        return self.sharing_class

    def apply_event(self, event: Event | NumberedEvent) -> dict[str, Any]:
        """What an event changes in a request."""
        data = event.data
        match event.type:
            case EventType.SUPPLEMENT_REQUESTED:
                return {"supplement_used": True, "supplement_of": Stage(data["during"])}
            case EventType.SUPPLEMENTED:
                return {"application": amended(self.application, data), "supplement_of": None}
            case EventType.GRANTED:
                return {"terms": data.get("terms")}
            case EventType.TERMS_PROPOSED:
                return {"proposal": data["terms"], "proposer": event.actor.role, "agreed": frozenset()}
            case EventType.TERMS_AGREED:
                return {"agreed": self.agreed | {event.actor.role}}
            case EventType.IMPASSE_DECLARED:
                return {"impasse": True}
            case EventType.COORDINATION_CONCLUDED | EventType.DECIDED:
                return self.dispute_after(event)
            case _:
                return extensions_after(self, event)


def amended(application: Application, data: Mapping[str, Any]) -> Application:
    """The application after a supplement: papers are added, changed fields replace the old ones."""
    old = application.model_dump(mode="json")
    papers = [*old["documents"], *data.get("documents", [])]
    return Application.model_validate({**old, **data.get("changed", {}), "documents": papers})
