"""The content of sharing, as requested and then granted."""

from domain.engine.filed import Filed, Party, Resource
from domain.field_types import Code, Day, ItemCount, Text, Truth
from domain.words import ServiceMode


class Sharing(Filed):
    """What is shared (共享内容): parties, resource, purpose, scope, term; filings about it add their own fields.

    ``superior``: the place (辖区) of the common superior that coordinates and decides a dispute across levels or
    regions.
    """

    requester: Party = Party()
    provider: Party = Party()
    resource: Resource = Resource()
    purpose: Text | None = None
    scope: Text | None = None
    item_count: ItemCount | None = None
    legal_basis: Text | None = None
    service_mode: ServiceMode | None = None
    use_until: Day | None = None
    involves_provincial_department: Truth = False
    cross_level: Truth = False
    superior: Code | None = None
