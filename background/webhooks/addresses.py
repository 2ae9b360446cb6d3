"""The network addresses that Shareflow may send to: public ones, and those that the operator allows."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")

_NOT_PUBLIC: tuple[Network, ...] = (
    IPv4Network("100.64.0.0/10"),  # carrier-grade NAT; some clouds have their metadata service there
    IPv4Network("168.63.129.16/32"),  # metadata service of a cloud, on a public address
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),  # relays into IPv6
    IPv6Network("2001::/23"),  # tunnels (Teredo) and other special purposes
    IPv6Network("2002::/16"),  # 6to4: an IPv4 address in disguise
    IPv6Network("3fff::/20"),
)
"""Networks that Python's registry does not exclude, or not in all of its versions."""

METADATA_NAMES = frozenset(
    {
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "metadata.tencentyun.com",
        "instance-data",
        "instance-data.ec2.internal",
    }
)
"""Host names of cloud metadata services, which hand out credentials."""


def address_of(text: str) -> Address:
    """An address from its text. An IPv4 address written as IPv6 counts as what it reaches.

    Raises ValueError if it is not an address.
    """
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in _NAT64 else address


def is_public(address: Address) -> bool:
    """Whether an address is public: not private, local, shared, reserved or multicast."""
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    special = address.is_multicast or address.is_reserved or any(address in network for network in _NOT_PUBLIC)
    return address.is_global and not special


@dataclass(frozen=True)
class Allowed:
    """The operator's exceptions: whole networks, and single ports of a host."""

    networks: tuple[Network, ...] = ()
    places: frozenset[tuple[str, int]] = frozenset()

    def address(self, address: Address) -> bool:
        """Whether an address lies in an allowed network."""
        return any(address in network for network in self.networks)

    def place(self, host: str, port: int) -> bool:
        """Whether this port of this host is allowed."""
        return (host, port) in self.places


NOTHING = Allowed()


def allowed_from(text: str) -> Allowed:
    """Parse exceptions: networks (``10.0.0.0/8``) and ``host:port``, separated by commas.

    Raises ValueError for anything else, with a sentence to which the caller adds the subject.
    """
    networks: list[Network] = []
    places: set[tuple[str, int]] = set()
    for part in filter(None, (each.strip() for each in text.split(","))):
        try:
            networks.append(ip_network(part))
        except ValueError:
            places.add(_place(part))
    return Allowed(tuple(networks), frozenset(places))


def _place(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]").lower()
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"takes networks such as 10.0.0.0/8 and host:port, with commas between; not {text}.")
    return host, int(port)
