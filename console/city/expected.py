"""What other registers say there should be in each village: the made city's own numbers, as a census would have them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date

from console.city.draws import Draw
from console.city.population import Population

HEADER = ("镇街", "村居", "登记", "应有数", "来源代码", "统计日期")
# A census is off by up to this share.
_OFF = 0.06
# Some villages never sent their numbers in.
_SILENT = 0.05


def expected_csv(seed: int, as_of: date, population: Population) -> str:
    """One line a village and registry, in the form that the coverage page takes in."""
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for person in population.persons:
        home = person.residence
        counts[home.town, home.village, "drivers" if person.licence else "persons", "SECURITY_PERSON"] += 1
    for vehicle in population.vehicles:
        counts[vehicle.parking.town, vehicle.parking.village, "vehicles", "TMRI_VEHICLE"] += 1
    for house in population.houses:
        counts[house.address.town, house.address.village, "houses", "SECURITY_HOUSE"] += 1
    for unit in population.units:
        counts[unit.business.town, unit.business.village, "units", "MARKET"] += 1
    draw = Draw(seed, as_of, "expected counts")
    silent = {place for place in sorted({(town, village) for town, village, *_ in counts}) if draw.chance(_SILENT)}
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for (town, village, registry, source), number in sorted(counts.items()):
        off = draw.uniform(-_OFF, _OFF)
        if village and (town, village) not in silent:
            writer.writerow((town, village, registry, max(1, round(number * (1 + off))), source, as_of.isoformat()))
    return text.getvalue()
