"""Which peers the platform may talk to: an address range or a host name, each with one port, from the environment.

The real peers are private addresses, so forbidding private ranges would forbid the work: the list is the wall. What an
operating system treats specially (this machine, its link, everybody) is closed even to a wide range of the list.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
POSTGRES_PORT, REDIS_PORT = 5432, 6379
# This machine, its link, nobody, a group, set aside: reached only by an entry that names them alone.
SPECIAL: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/127", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip
_HOST_NAME = re.compile(r"(?:[a-z0-9_-]+\.)*[a-z][a-z0-9_-]*\.?")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


@dataclass(frozen=True, slots=True)
class Entry:
    """One permission: `network` or, when that is None, `host`; always one port."""

    host: str
    network: Network | None
    port: int


@dataclass(frozen=True, slots=True)
class AllowList:
    """Decides about one address at the moment it is used.

    Attributes:
        entries: what is permitted.
        closed_ports: never permitted, whatever the entries say: the platform's own database and Redis.
    """

    entries: tuple[Entry, ...]
    closed_ports: frozenset[int] = frozenset({POSTGRES_PORT, REDIS_PORT})

    @classmethod
    def parse(cls, entries: Iterable[str], *, closed_ports: Iterable[int] = ()) -> AllowList:
        """Reads `10.1.2.0/24:443`, `127.0.0.1/32:8601`, `[fd00::1]:443`, `api.bureau.lan:8443`.

        Raises:
            ImproperlyConfigured: names the entry that cannot be read.
        """
        read = tuple(_entry(text.strip()) for text in entries if text.strip())
        return cls(read, frozenset({POSTGRES_PORT, REDIS_PORT, *closed_ports}))

    @classmethod
    def from_settings(cls) -> AllowList:
        """The list of `EXCHANGE_PEERS`, with the ports of this installation closed."""
        ports = [int(database["PORT"]) for database in settings.DATABASES.values() if database.get("PORT")]
        if redis_port := urlsplit(settings.REDIS_URL).port:
            ports.append(redis_port)
        return cls.parse(settings.EXCHANGE_PEERS, closed_ports=ports)

    def permits(self, host: str, address: str, port: int) -> bool:
        """Whether `host`, which resolved to `address`, may be connected to at `port`."""
        if port in self.closed_ports:
            return False
        target = unwrapped(address)
        entries = [entry for entry in self.entries if entry.port == port]
        if _is_special(target):
            entries = [entry for entry in entries if entry.network is not None and _is_special(entry.network)]
        name = host.lower().removesuffix(".")
        return any(entry.host == name if entry.network is None else target in entry.network for entry in entries)


def unwrapped(address: str) -> Address:
    """The address that packets really go to: IPv4 hidden in IPv6 (mapped, compatible, 6to4, Teredo, NAT64) is taken out."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv4Address):
        return found
    if inner := found.ipv4_mapped or found.sixtofour:
        return inner
    if found.teredo:
        return found.teredo[1]
    if found in _NAT64 or (found in _COMPATIBLE and int(found) > 1):
        return ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
    return found


def _is_special(thing: Address | Network) -> bool:
    """One of `SPECIAL`; of a network: lies in it as a whole."""
    network = ipaddress.ip_network(thing)
    return any(network.version == special.version and network.subnet_of(special) for special in SPECIAL)  # type: ignore[arg-type]


def _entry(text: str) -> Entry:
    place, _, port = text.rpartition(":")
    place = place.removeprefix("[").removesuffix("]").replace("]/", "/").lower()
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ImproperlyConfigured(f"EXCHANGE_PEERS: {text!r} does not end in one port, as in 10.1.2.0/24:443")
    try:
        return Entry("", ipaddress.ip_network(place), int(port))
    except ValueError as error:
        if not _HOST_NAME.fullmatch(place):
            raise ImproperlyConfigured(f"EXCHANGE_PEERS: {text!r} is neither a network nor a host: {error}") from error
    return Entry(place.removesuffix("."), None, int(port))
