"""Whose case it is, where the filing says so: the departments that it names, in the roles in which it names them."""

from typing import Protocol

from domain.engine.filed import Party, Resource


class NamesBoth(Protocol):
    """A filing that names the department that uses or asks, and the one whose data it is."""

    @property
    def requester(self) -> Party: ...
    @property
    def provider(self) -> Party: ...


class NamesBothAndResource(NamesBoth, Protocol):
    """A filing that names the resource as well."""

    @property
    def resource(self) -> Resource: ...


class NamesResourceOfOne(Protocol):
    """A filing of a provider about a resource of its own."""

    @property
    def provider(self) -> Party: ...
    @property
    def resource(self) -> Resource: ...


class NamesOne(Protocol):
    """A filing about one department alone."""

    @property
    def department(self) -> Party: ...


class BetweenTwo:
    """Part of a case between two departments: those that were filed."""

    application: NamesBoth

    @property
    def requester(self) -> Party:
        """The department that uses or asks for the data (使用部门), as it was filed."""
        return self.application.requester

    @property
    def provider(self) -> Party:
        """The department whose data it is (提供部门), as it was filed."""
        return self.application.provider


class AboutResource(BetweenTwo):
    """Part of a case between two departments about a resource: what was filed."""

    application: NamesBothAndResource

    @property
    def resource(self) -> Resource:
        """The resource that the case is about, as it was filed."""
        return self.application.resource


class OfProviderAlone:
    """Part of a case of the provider about its own resource: it stands in either role, nobody else asks anything."""

    application: NamesResourceOfOne

    @property
    def requester(self) -> Party:
        """The provider again: it is its own matter."""
        return self.application.provider

    @property
    def provider(self) -> Party:
        """Whose resource it is (提供部门), as it was filed."""
        return self.application.provider

    @property
    def resource(self) -> Resource:
        """The resource that the case is about, as it was filed."""
        return self.application.resource


class OfOneDepartment:
    """Part of a case about one department alone, which stands in either role: it is its own matter."""

    application: NamesOne

    @property
    def requester(self) -> Party:
        """The department that was filed: nobody else asks anything."""
        return self.application.department

    @property
    def provider(self) -> Party:
        """The department that was filed: it is to act."""
        return self.application.department
