"""Parts of filings and cases that name the departments and the resource."""

from typing import Protocol

from domain.engine.filed import Party, Resource


class NamesBoth(Protocol):
    """A filing that names requester and provider."""

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
    """Part of a case between two departments, as filed."""

    application: NamesBoth

    @property
    def requester(self) -> Party:
        """The department that uses or asks for the data (使用部门), as filed."""
        return self.application.requester

    @property
    def provider(self) -> Party:
        """The department that provides the data (提供部门), as filed."""
        return self.application.provider


class AboutResource(BetweenTwo):
    """Part of a case between two departments about a resource, as filed."""

    application: NamesBothAndResource

    @property
    def resource(self) -> Resource:
        """The resource that the case is about, as it was filed."""
        return self.application.resource


class OfProviderAlone:
    """Part of a case of a provider about its own resource; the provider is in both roles."""

    application: NamesResourceOfOne

    @property
    def requester(self) -> Party:
        """The provider: the case is its own matter."""
        return self.application.provider

    @property
    def provider(self) -> Party:
        """The department that provides the resource (提供部门), as filed."""
        return self.application.provider

    @property
    def resource(self) -> Resource:
        """The resource that the case is about, as it was filed."""
        return self.application.resource


class OfOneDepartment:
    """Part of a case about one department alone, which is in both roles."""

    application: NamesOne

    @property
    def requester(self) -> Party:
        """The department, as filed; the case is its own matter."""
        return self.application.department

    @property
    def provider(self) -> Party:
        """The department, as filed, which must act."""
        return self.application.department
