"""Places: divisions, responsibility areas, names, standard addresses, and what the map draws."""

from addresses.models.address import AddressName, AddressText, IndexVersion, StandardAddress
from addresses.models.area import Area
from addresses.models.border import AreaBorder, BorderMove, BorderMoveItem
from addresses.models.division import Division
from addresses.models.map import LayerVersion, MapCell, MapFeature, TileDelta

__all__ = [
    "AddressName",
    "AddressText",
    "Area",
    "AreaBorder",
    "BorderMove",
    "BorderMoveItem",
    "Division",
    "IndexVersion",
    "LayerVersion",
    "MapCell",
    "MapFeature",
    "StandardAddress",
    "TileDelta",
]
