"""What looks like one thing is proposed, with its grounds; people decide."""

from __future__ import annotations

import pytest

from common import jobs
from common.errors import NotAllowed, NotVisible
from elements.choices import ElementKind, PairState
from elements.models import DuplicatePair, Element
from elements.selectors.duplicates import GROUNDS, visible_pairs
from elements.selectors.likeness import LIKENESS
from elements.services.duplicates import judge_pairs, merge_pairs, request_search
from elements.services.merges import undo_merge
from tests.factories.claims import NOW, claim, submit, undo
from tests.factories.numbers import vin
from tests.factories.users import make_user

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture
def brigade():
    return make_user("brigade", "BRIGADE")


def search(kind: ElementKind | None = None) -> dict[str, int]:
    job = request_search(kind)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == "DONE", job.error_message
    return job.counts


def lights(*names: str) -> list[Element]:
    submit(
        "FACILITY_LEDGER", "FACILITY",
        *(claim(1, number=str(i), name=name, facility_type="01", grid=1) for i, name in enumerate(names)),
    )  # fmt: skip
    return list(Element.objects.filter(kind="FACILITY").order_by("pk"))


def test_two_lights_on_one_spot_are_proposed_with_grounds(brigade):
    low, high = lights("文化路口信号灯", "文化路口信号灯")

    assert search(ElementKind.FACILITY) == {"new": 1, "still": 0, "gone": 0}
    pair = visible_pairs(brigade).get()
    assert (pair.low_id, pair.high_id, pair.score, pair.state) == (low.pk, high.pk, 85, PairState.PROPOSED)
    assert [(r["code"], r["points"]) for r in pair.reasons] == [("SAME_SORT", 15), ("SAME_SPOT", 45), ("SAME_NAME", 25)]
    assert search() == {"new": 0, "still": 1, "gone": 0}


def test_likeness_alone_joins_nothing():
    lights("文化路口信号灯", "文化路口信号灯")
    search()
    assert Element.objects.standing().filter(kind="FACILITY").count() == 2


def test_one_engine_under_two_vins_is_proposed():
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), engine_number="E1", brand="甲牌", vehicle_type="H11"))
    submit("TRANSPORT", "VEHICLE", claim(1, vin=vin(2), engine_number="E1", brand="甲牌", vehicle_type="H11"))
    submit("TRANSPORT", "VEHICLE", claim(1, vin=vin(3), engine_number="E2", brand="甲牌", vehicle_type="H11"))

    assert search(ElementKind.VEHICLE)["new"] == 1
    assert DuplicatePair.objects.get().score == 85


def test_a_crowd_on_one_value_is_no_doubt():
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        *(claim(1, vin=vin(i), engine_number="0000", brand="甲牌", vehicle_type="H11") for i in range(1, 15)),
    )  # fmt: skip
    assert search(ElementKind.VEHICLE)["new"] == 0


def test_what_no_longer_looks_alike_is_gone_and_may_come_again():
    lights("文化路口信号灯")
    second = submit(
        "DANGER_LEDGER", "FACILITY", claim(1, number="9", name="文化路口信号灯", facility_type="01", grid=1)
    )
    search()
    undo(second)
    assert search()["gone"] == 1
    assert DuplicatePair.objects.get().state == PairState.GONE
    submit("DANGER_LEDGER", "FACILITY", claim(2, number="9", name="文化路口信号灯", facility_type="01", grid=1))
    search()
    assert DuplicatePair.objects.get().state == PairState.PROPOSED


def test_judged_different_it_stays_different(brigade):
    lights("文化路口信号灯", "文化路口信号灯")
    search()
    pair = DuplicatePair.objects.get()
    assert judge_pairs(pair_ids=[pair.pk], state=PairState.DIFFERENT, note="路口南北各一", actor=brigade, now=NOW) == 1
    search()
    pair.refresh_from_db()
    assert (pair.state, pair.note, pair.decided_by_id) == (PairState.DIFFERENT, "路口南北各一", brigade.pk)


def test_several_are_merged_at_once_and_the_refused_are_named(brigade):
    one, _, _ = lights("信号灯甲", "信号灯甲", "信号灯甲")
    search()
    assert DuplicatePair.objects.count() == 3
    ids = list(DuplicatePair.objects.order_by("pk").values_list("pk", flat=True))

    result = merge_pairs(pair_ids=ids, reason="现场只有一处", actor=brigade, now=NOW)

    assert [merge.keep_id for merge in result.merges] == [one.pk, one.pk]
    assert [pair_id for pair_id, _ in result.refused] == [ids[2]]
    assert "刷新" in result.refused[0][1]
    assert list(Element.objects.standing().filter(kind="FACILITY")) == [one]
    for merge in reversed(result.merges):
        undo_merge(merge=merge, actor=brigade, now=NOW)
    assert Element.objects.standing().filter(kind="FACILITY").count() == 3


def test_who_may_not_correct_or_see_decides_nothing(brigade):
    lights("文化路口信号灯", "文化路口信号灯")
    search()
    pair = DuplicatePair.objects.get()
    with pytest.raises(NotAllowed):
        merge_pairs(pair_ids=[pair.pk], reason="现场只有一处", actor=make_user("analyst", "ANALYST"), now=NOW)
    with pytest.raises(NotVisible):
        merge_pairs(pair_ids=[pair.pk], reason="现场只有一处", actor=make_user("officer", "OFFICER"), now=NOW)
    assert visible_pairs(make_user("other", "OFFICER")).count() == 0
    assert Element.objects.standing().filter(kind="FACILITY").count() == 2


def test_every_ground_has_words():
    used = {ground.code for likeness in LIKENESS.values() for ground in likeness.grounds}
    assert used == set(GROUNDS)
