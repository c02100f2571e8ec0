"""The allow-list: what an entry permits, what no wide entry permits, what cannot be an entry."""

from __future__ import annotations

import ipaddress

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from common.allow_list import AllowList, Entry, unwrapped

PEERS = AllowList.parse(
    ["10.1.2.0/24:443", " 127.0.0.1/32:8601 ", "[fd00::5]:443", "[fe80::]/10:80", "Api.Bureau.lan.:8443", "192.0.2.7:80", ""]
)  # fmt: skip
DECISIONS = [
    ("x", "10.1.2.1", 443, True),
    ("x", "10.1.2.255", 443, True),
    ("x", "10.1.3.0", 443, False),
    ("x", "10.1.2.1", 444, False),
    ("x", "::ffff:10.1.2.1", 443, True),
    ("x", "127.0.0.1", 8601, True),
    ("x", "127.0.0.2", 8601, False),
    ("x", "::1", 8601, False),
    ("x", "fd00::5", 443, True),
    ("x", "fd00::6", 443, False),
    ("x", "fe80::1", 80, True),
    ("api.bureau.lan", "10.9.9.9", 8443, True),
    ("API.bureau.lan.", "10.9.9.9", 8443, True),
    ("api.bureau.lan", "10.9.9.9", 443, False),
    ("evil.api.bureau.lan", "10.9.9.9", 8443, False),
    ("api.bureau.lan", "127.0.0.1", 8443, False),
    ("api.bureau.lan", "fe80::1", 8443, False),
    ("x", "192.0.2.7", 80, True),
]


@pytest.mark.parametrize(("host", "address", "port", "is_permitted"), DECISIONS)
def test_an_entry_permits_its_addresses_and_its_port(host, address, port, is_permitted):
    assert PEERS.permits(host, address, port) is is_permitted


@pytest.mark.parametrize(
    ("hidden", "inner"),
    [
        ("::ffff:127.0.0.1", "127.0.0.1"), ("::127.0.0.1", "127.0.0.1"), ("2002:a01:203::", "10.1.2.3"),
        ("64:ff9b::a01:203", "10.1.2.3"), ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "192.0.2.45"), ("::1", "::1"),
        ("::", "::"), ("fd00::5", "fd00::5"), ("10.1.2.3", "10.1.2.3"),
    ],
)  # fmt: skip
def test_a_hidden_address_is_taken_out(hidden, inner):
    assert unwrapped(hidden) == ipaddress.ip_address(inner)


SPECIAL = ["127.0.0.1", "127.255.255.254", "0.0.0.0", "169.254.1.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "ff02::1"]  # fmt: skip


@pytest.mark.parametrize("address", SPECIAL)
def test_only_an_entry_for_itself_permits_a_special_address(address):
    wide = AllowList.parse(["0.0.0.0/0:80", "::/0:80", "::/1:80", "64.0.0.0/2:80", "128.0.0.0/1:80", "x:80"])
    itself = AllowList((Entry("", ipaddress.ip_network(address), 80),))

    assert (wide.permits("x", address, 80), itself.permits("x", address, 80)) == (False, True)


@given(st.integers(0, 2**32 - 1), st.integers(1, 65_535))
def test_an_empty_list_permits_nobody(number, port):
    assert not AllowList.parse([]).permits("x", str(ipaddress.IPv4Address(number)), port)


def test_ports_of_database_and_redis_are_closed_whatever_is_listed():
    allowed = AllowList.parse(["10.0.0.1:5432", "10.0.0.1:6379", "10.0.0.1:6380", "10.0.0.1:80"], closed_ports=[6380])

    assert [port for port in (5432, 6379, 6380, 80) if allowed.permits("x", "10.0.0.1", port)] == [80]


@pytest.mark.parametrize(
    "text",
    ["10.1.2.0/24", "10.1.2.3/24:443", "10.1.2.0/33:443", "host:", "host:0", "host:65536", "host:x", ":443", "a b:443", "*:443", "2130706433:80",
     "http://x:80", "10.0.0.1:*", "host:４４３"],
)  # fmt: skip
def test_what_cannot_be_an_entry_is_named(text):
    with pytest.raises(ImproperlyConfigured) as refused:
        AllowList.parse(["10.0.0.1:80", text])

    assert repr(text) in str(refused.value)
