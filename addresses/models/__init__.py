"""Places: divisions, responsibility areas, names, standard addresses, and what the map draws."""

from addresses.models.address import AddressName, AddressText, IndexVersion, StandardAddress
from addresses.models.area import Area
from addresses.models.border import AreaBorder, BorderMove, BorderMoveItem
from addresses.models.change import AddressChange, AddressChangeItem
from addresses.models.decision import AddressDecision, Calibration
from addresses.models.division import Division
from addresses.models.map import LayerVersion, MapCell, MapFeature, TileDelta
from addresses.models.picker import PickerSite

__all__ = [
    "AddressChange",
    "AddressChangeItem",
    "AddressDecision",
    "AddressName",
    "AddressText",
    "Area",
    "AreaBorder",
    "BorderMove",
    "BorderMoveItem",
    "Calibration",
    "Division",
    "IndexVersion",
    "LayerVersion",
    "MapCell",
    "MapFeature",
    "PickerSite",
    "StandardAddress",
    "TileDelta",
]
