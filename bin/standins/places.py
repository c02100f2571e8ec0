"""Where things happen: the towns of Laizhou, a few villages, and how an address is written out."""

from __future__ import annotations

# west, south, east, north in degrees, WGS84: what the platform takes for Laizhou.
LAIZHOU_BOX_DEG = (119.4, 36.9, 120.4, 37.6)
LEVELS = ("town", "village", "road", "number", "estate", "building", "unit", "room")
# name → lon, lat (WGS84)
TOWNS = {
    "文昌路街道": (119.94217, 37.18073),
    "永安路街道": (119.933, 37.169),
    "三山岛街道": (119.95282, 37.40521),
    "城港路街道": (119.905, 37.2),
    "文峰路街道": (119.92834, 37.12589),
    "金仓街道": (119.945, 37.335),
    "沙河镇": (119.76957, 37.03913),
    "朱桥镇": (120.09676, 37.3637),
    "郭家店镇": (120.15707, 37.08243),
    "金城镇": (120.10588, 37.42048),
    "平里店镇": (120.02145, 37.28903),
    "驿道镇": (120.16133, 37.23136),
    "程郭镇": (119.99077, 37.22239),
    "虎头崖镇": (119.8693, 37.13026),
    "柞村镇": (119.94177, 37.06039),
    "夏邱镇": (119.9023, 37.00762),
    "土山镇": (119.67451, 37.05541),
}
# Used only when the city gives no addresses.
VILLAGES = (
    ("三山岛街道", "三山岛村委会"),
    ("城港路街道", "朱由四村村委会"),
    ("土山镇", "东代古庄村委会"),
    ("柞村镇", "大台头村委会"),
    ("郭家店镇", "林格庄村委会"),
    ("平里店镇", "前单家村委会"),
)


def is_in_laizhou(lon: float, lat: float) -> bool:
    """Whether a point lies in the box."""
    west, south, east, north = LAIZHOU_BOX_DEG
    return west <= lon <= east and south <= lat <= north


def address_text(address: dict[str, str]) -> str:
    """An address as an official writes it: 山东省莱州市 + levels with their unit words."""
    village = address["village"].removesuffix("委会").removesuffix("居")
    road_or_village = "" if address["road"] or address["estate"] else village
    parts = [
        address["town"],
        road_or_village,
        address["road"],
        f"{address['number']}号" if address["number"] else "",
        address["estate"],
        f"{address['building']}号楼" if address["building"] else "",
        f"{address['unit']}单元" if address["unit"] else "",
        f"{address['room']}室" if address["room"] else "",
    ]
    return "山东省莱州市" + "".join(parts)
