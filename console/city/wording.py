"""Writes an address the way people do, by the grammar of `data/wording.toml`, and records what was meant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from console.city.chinese_numerals import chinese_numeral
from console.city.draws import Draw, Weighted
from console.city.gazetteer import Gazetteer
from console.city.persons import Person
from console.city.reference_data import load_toml
from console.city.standard_addresses import StandardAddress

# What the platform should answer (address-engine, "Result"): ACCEPTED covers exact and partial.
ACCEPTED = "accepted"
AMBIGUOUS = "ambiguous"
RELATIVE = "relative"
OUTSIDE = "outside"
UNMATCHED = "unmatched"
REVIEW = "review"
BLANK = "blank"

LEVELS = ("town", "village", "road", "number", "estate", "building", "unit", "room")
_FULL_WIDTH = str.maketrans("0123456789-#", "０１２３４５６７８９－＃")


@dataclass(slots=True)
class WrittenAddress:
    """A text and its truth.

    Attributes:
        expected: one of the constants above.
        code: code of the standard address if the text names a row of addresses.csv, else "".
        components: what the text means, in the columns of addresses.csv; the anchor of a relative position.
        defects: names of what was done to the text.
    """

    text: str
    expected: str
    code: str = ""
    components: dict[str, str] = field(default_factory=dict)
    defects: list[str] = field(default_factory=list)

    @property
    def level(self) -> str:
        """Deepest component that is meant, or ""."""
        return next((level for level in reversed(LEVELS) if level in self.components), "")


class AddressWriter:
    """Turns standard addresses into texts of one habit (official, default, notebook)."""

    def __init__(self, habit: str, gazetteer: Gazetteer, rows: list[StandardAddress]) -> None:
        table: dict[str, Any] = load_toml("wording.toml")
        self._gazetteer = gazetteer
        self._rows = rows
        slots = table["habit"]["default"] | table["habit"].get(habit, {})
        self._slots = {name: Weighted.of_pairs(pairs) for name, pairs in slots.items()}
        self._forms: dict[str, Weighted[str]] = {
            name: Weighted.of_pairs(pairs) for name, pairs in table["forms"].items()
        }
        self._texts = {name: Weighted.of_pairs(pairs) for name, pairs in table["texts"].items()}
        self._kinds: Weighted[str] = Weighted(table["kinds"])
        self._noise: dict[str, float] = table["noise"]
        self._typos: dict[str, str] = table["typos"]

    def write(self, row: StandardAddress, draw: Draw, person: Person) -> WrittenAddress:
        """A text for a standard address; `person` lends the phone and ID that people put behind it."""
        kind = draw.weighted(self._kinds)
        if kind == "blank":
            return WrittenAddress(draw.weighted(self._texts["blank"]), BLANK, defects=["blank"])
        if kind == "nonsense":
            return WrittenAddress(draw.weighted(self._texts["nonsense"]), UNMATCHED, defects=["nonsense"])
        if kind == "outside":
            return self._outside(draw)
        if kind == "relative":
            return self._relative(row, draw)
        if kind == "two_addresses":
            return self._two_addresses(row, draw)
        written = self._direct(kind, row, draw)
        return self._with_noise(self._with_tail(written, draw, person), draw)

    def write_whole(self, row: StandardAddress, draw: Draw) -> WrittenAddress:
        """The whole address without a defect; some wording that names one place only, where there is one."""
        written = self._full(row, draw)
        for _ in range(20):
            if written.expected == ACCEPTED:
                break
            written = self._full(row, draw)
        return written

    def _direct(self, kind: str, row: StandardAddress, draw: Draw) -> WrittenAddress:
        if kind == "village_only":
            return self._village_only(row, draw)
        if kind == "without_room" and row.building:
            return self._without_room(row, draw)
        if kind == "not_registered":
            return self._not_registered(row, draw)
        return self._full(row, draw)

    def _full(self, row: StandardAddress, draw: Draw, house: StandardAddress | None = None) -> WrittenAddress:
        """The whole address; `house` lends another number or room at the same place."""
        text, single, defects = self._place(row, draw)
        house = house or row
        if row.estate:
            form = "house" if row.unit else "house_without_unit"
            text += self._house(draw.weighted(self._forms[form]), house)
        else:
            text += self._number(house.number, draw)
        expected = ACCEPTED if single else AMBIGUOUS
        return WrittenAddress(text, expected, row.code, row.components, defects)

    def _without_room(self, row: StandardAddress, draw: Draw) -> WrittenAddress:
        text, single, defects = self._place(row, draw)
        form = draw.weighted(self._forms["building_only"])
        with_unit = "{u}" in form and bool(row.unit)
        text += self._house(form if with_unit else form.split("{u}")[0], row)
        dropped = ("room",) if with_unit else ("room", "unit")
        components = {name: value for name, value in row.components.items() if name not in dropped}
        return WrittenAddress(text, ACCEPTED if single else AMBIGUOUS, "", components, [*defects, "without_room"])

    def _village_only(self, row: StandardAddress, draw: Draw) -> WrittenAddress:
        town, town_is_written, defects = self._town(row, draw)
        village = self._village(row, draw, may_be_blank=False)
        single = self._gazetteer.is_single(village, row.town, town_is_written=town_is_written)
        text = draw.weighted(self._slots["prefix"]) + town + village
        components = {"town": row.town, "village": row.village}
        return WrittenAddress(
            text, ACCEPTED if single else AMBIGUOUS, "", components, [*defects, "village_without_number"]
        )

    def _not_registered(self, row: StandardAddress, draw: Draw) -> WrittenAddress:
        """A house number or room that is in no registry: the deepest right answer is what stands above it."""
        if row.estate:
            changed = row._replace(room=f"{draw.integer(40, 60)}{draw.integer(1, 9):02d}")
            kept = {name: value for name, value in row.components.items() if name != "room"}
        else:
            number = str(draw.integer(700, 3000))
            while self._gazetteer.has_number(row, number):
                number = str(draw.integer(3000, 9000))
            changed = row._replace(number=number)
            kept = {name: value for name, value in row.components.items() if name != "number"}
        written = self._full(row, draw, changed)
        written.code, written.components = "", kept
        written.defects.append("not_registered")
        return written

    def _relative(self, row: StandardAddress, draw: Draw) -> WrittenAddress:
        gazetteer = self._gazetteer
        form = draw.weighted(self._forms["relative"])
        village = gazetteer.village_of(row)
        if ("{estate}" in form and not row.estate) or ("{road}{n}" in form and not (row.road and row.number)):
            form = "{village_short}村口"
        anchor = {"town": row.town, "village": row.village}
        if "{estate}" in form:
            anchor["estate"] = row.estate
        elif "{road}{n}" in form:
            anchor |= {"road": row.road, "number": row.number}
        roads = draw.sample(gazetteer.streets, 2)
        if "{other_road}" in form or "{route}" in form:
            anchor = {}
        text = form.format(
            road=row.road if "{n}" in form else roads[0],
            other_road=roads[1],
            route=draw.pick(gazetteer.routes),
            n=row.number,
            m=draw.integer(2, 60) * 10,
            km=draw.integer(1, 60),
            village_short=village.short_name,
            estate=row.estate,
        )
        # A village that is called 村 already is not written 村村口.
        text = text.replace("村村", "村").replace("社区村", "社区")
        return WrittenAddress(row.town + text, RELATIVE, "", anchor, ["relative"])

    def _outside(self, draw: Draw) -> WrittenAddress:
        village = self._gazetteer.village_of(draw.pick(self._rows))
        text = draw.weighted(self._texts["outside"]).format(
            village_short=village.short_name,
            n=draw.integer(1, 300),
            b=draw.integer(1, 20),
            u=draw.integer(1, 4),
            r=draw.integer(1, 6) * 100 + draw.integer(1, 2),
        )
        return WrittenAddress(text, OUTSIDE, defects=["outside"])

    def _two_addresses(self, row: StandardAddress, draw: Draw) -> WrittenAddress:
        first, second = self._full(row, draw), self._full(draw.pick(self._rows), draw)
        text = draw.weighted(self._texts["two_addresses"]).format(first=first.text, second=second.text)
        return WrittenAddress(text, REVIEW, defects=["two_addresses"])

    def _place(self, row: StandardAddress, draw: Draw) -> tuple[str, bool, list[str]]:
        """Everything above the house: text, whether it names one place only, defects."""
        town, town_is_written, defects = self._town(row, draw)
        prefix = draw.weighted(self._slots["prefix"])
        gazetteer = self._gazetteer
        if not row.road and not row.estate:
            village = self._village(row, draw, may_be_blank=False)
            single = gazetteer.is_single(village, row.town, town_is_written=town_is_written)
            return prefix + town + village, single, defects
        # Along streets and in estates people seldom write the community.
        village = self._village(row, draw, may_be_blank=True) if draw.chance(0.25) else ""
        village_is_single = bool(village)
        if village:
            village_is_single = gazetteer.is_single(village, row.town, town_is_written=town_is_written)
        road = self._road(row, draw, defects)
        if not row.estate:
            single = village_is_single or gazetteer.is_single_number(row, town_is_written=town_is_written)
            return prefix + town + village + road, single, defects
        gate = ""
        if row.road:
            gate = draw.weighted(self._slots["gate"]).replace("{road}", road).replace("{n}", row.number)
        estate = self._estate(row, draw, defects)
        gate_is_single = bool(gate) and gazetteer.is_single_number(row, town_is_written=town_is_written)
        single = gate_is_single or village_is_single
        single = single or gazetteer.is_single(estate, row.town, town_is_written=town_is_written)
        return prefix + town + village + gate + estate, single, defects

    def _town(self, row: StandardAddress, draw: Draw) -> tuple[str, bool, list[str]]:
        form = draw.weighted(self._slots["town"])
        town = self._gazetteer.towns[row.town]
        if form in ("{town_alias}", "{town_old}"):
            kind = "alias" if form == "{town_alias}" else "old"
            spellings = self._gazetteer.town_spellings[(row.town, kind)]
            if spellings:
                return draw.pick(spellings), True, [f"town_{kind}"]
            form = "{town}"
        text = form.format(town=row.town, town_short=town.short_name)
        # 文昌路 alone is the road, not the street office: such a short name does not name the town.
        if form == "{town_short}" and town.short_name in self._gazetteer.streets:
            text = row.town
        return text, bool(text), [] if text else ["town_omitted"]

    def _village(self, row: StandardAddress, draw: Draw, *, may_be_blank: bool) -> str:
        form = draw.weighted(self._slots["village"])
        village = self._gazetteer.village_of(row)
        if not form and may_be_blank:
            return ""
        if form == "{village_alias}":
            known = self._gazetteer.village_spellings
            spellings = known[(row.town, row.village, "alias")] + known[(row.town, row.village, "old")]
            return draw.pick(spellings) if spellings else village.short_name
        bare = village.bare_name or village.short_name
        filled = (form or "{village_short}").format(
            village=village.name, village_short=village.short_name, village_bare=bare
        )
        # 北苑 before a road or an estate reads as the road: without 社区 only before a house number.
        return village.short_name if may_be_blank and filled == bare else filled

    def _road(self, row: StandardAddress, draw: Draw, defects: list[str]) -> str:
        spellings = self._gazetteer.road_spellings[row.road]
        in_city = self._gazetteer.towns[row.town].is_street
        if spellings and in_city and draw.weighted(self._slots["road"]) == "{road_old}":
            defects.append("road_old")
            return draw.pick(spellings)
        return row.road

    def _estate(self, row: StandardAddress, draw: Draw, defects: list[str]) -> str:
        spellings = self._gazetteer.estate_spellings[(row.town, row.estate)]
        if spellings and draw.weighted(self._slots["estate"]) == "{estate_alias}":
            defects.append("estate_alias")
            return draw.pick(spellings)
        return row.estate

    def _number(self, number: str, draw: Draw) -> str:
        if "组" in number:
            group, house = number.split("组")
            form = draw.weighted(self._forms["group"])
            return form.format(g=group, g_cn=chinese_numeral(int(group)), n=house)
        if "-" in number:
            first, second = number.split("-")
            return draw.weighted(self._forms["sub_number"]).format(a=first, b=second)
        return draw.weighted(self._forms["number"]).format(n=number, n_cn=chinese_numeral(int(number)))

    def _house(self, form: str, row: StandardAddress) -> str:
        return form.format(
            b=row.building,
            b_cn=chinese_numeral(int(row.building)),
            u=row.unit,
            u_cn=chinese_numeral(int(row.unit)) if row.unit else "",
            r=row.room,
        )

    def _with_tail(self, written: WrittenAddress, draw: Draw, person: Person) -> WrittenAddress:
        tail = draw.weighted(self._forms["tail"])
        if tail:
            written.text += tail.format(phone=person.phone, citizen_id=person.citizen_id)
            if "{phone}" in tail:
                written.defects.append("phone_in_text")
            if "{citizen_id}" in tail:
                written.defects.append("citizen_id_in_text")
        return written

    def _with_noise(self, written: WrittenAddress, draw: Draw) -> WrittenAddress:
        text, noise = written.text, self._noise
        wrong = [index for index, character in enumerate(text) if character in self._typos]
        if wrong and draw.chance(noise["typo"]):
            at = draw.pick(wrong)
            text = text[:at] + self._typos[text[at]] + text[at + 1 :]
            written.defects.append("typo")
        if draw.chance(noise["full_width"]):
            text = text.translate(_FULL_WIDTH)
            written.defects.append("full_width")
        if draw.chance(noise["inner_space"]) and len(text) > 6:
            at = draw.integer(3, len(text) - 3)
            # A space between two digits would make two numbers of one.
            if not (text[at - 1].isdigit() and text[at].isdigit()):
                text = f"{text[:at]} {text[at:]}"
                written.defects.append("inner_space")
        if draw.chance(noise["trailing_space"]):
            text += " "
            written.defects.append("trailing_space")
        elif draw.chance(noise["trailing_comma"]):
            text += "，"
            written.defects.append("trailing_comma")
        written.text = text
        return written
