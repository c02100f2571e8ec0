"""Example rows of the empty files for events: invented, one coherent accident, violation, incident and passage."""

from __future__ import annotations

_PLATE = {"plate_number": "鲁F00X00", "plate_type": "小型汽车", "plate_colour": "蓝"}
_PLACE = {"place_text": "莱州市样例路与样例街路口", "road_name": "样例路", "stake_m": "K0+500"}


def event_examples(citizen_id: str) -> dict[str, dict[str, str]]:
    """Kind → field → cell; `citizen_id` is nobody's number."""
    person = {"person_name": "样例人", "citizen_id": citizen_id}
    return {
        "ACCIDENT": _PLACE | {
            "source_row_id": "样例事故-1", "occurred_at": "2026-10-30 14:20", "accident_type": "伤人事故", "form": "碰撞运动车辆",
            "collision": "追尾碰撞", "main_cause": "超速行驶", "deaths": "0", "injured": "1", "property_loss_yuan": "5000",
            "weather": "晴", "light": "白天", "visibility": "100-200米", "surface": "干燥", "road_condition": "路面完好",
            "road_class": "一般城市道路", "alignment": "平直", "junction": "四支分叉口", "control": "信号灯", "terrain": "平原",
            "scene": "原始现场", "handled_by": "样例中队", "closed_on": "2026-10-31", "description": "样例：两车追尾，一人轻伤",
        },
        "PARTY": _PLATE | person | {
            "source_row_id": "1", "accident_number": "样例事故-1", "occurred_at": "2026-10-30 14:20", "age": "40",
            "travel_mode": "A1", "injury": "轻伤", "responsibility": "同等责任", "cause": "超速行驶", "vehicle_type": "K33",
        },
        "VIOLATION": _PLACE | _PLATE | person | {
            "source_row_id": "样例违法-1", "occurred_at": "2026-10-30 08:05:10", "code": "1625", "method": "电子监控",
            "speed_kmh": "46", "limit_kmh": "60", "device_number": "样例设备-1", "seen_by": "样例大队",
            "processed_at": "2026-10-31 09:30", "processed_by": "样例大队", "decision_number": "样例决定-1", "fine_yuan": "200",
            "points": "6", "is_paid": "已缴款",
        },
        "INCIDENT": _PLACE | _PLATE | {
            "source_row_id": "样例警情-1", "occurred_at": "2026-10-30 14:22", "channel": "122电话", "category": "交通事故",
            "description": "样例：两车追尾，请民警到场", "caller_phone": "13800000000", "dispatched_at": "2026-10-30 14:24",
            "arrived_at": "2026-10-30 14:36", "closed_at": "2026-10-30 15:40", "handled_by": "样例中队", "result": "已按事故受理",
            "accident_number": "样例事故-1",
        },
        "CAPTURE": _PLATE | {
            "source_row_id": "样例过车-1", "occurred_at": "2026-10-30 14:19:58", "plate_read": "鲁F00X00", "confidence_pct": "98",
            "device_number": "样例卡口-1", "place_text": "莱州市样例路样例卡口", "lane": "2", "direction": "东向西", "speed_kmh": "52",
            "limit_kmh": "60", "vehicle_type": "K33", "colour": "白", "picture_ref": "sample/1.jpg",
        },
        "POSITION": {
            "plate_number": "鲁F00X00", "plate_colour": "黄", "occurred_at": "2026-10-30 14:19:58", "speed_kmh": "52",
            "direction_deg": "90",
        },
    }  # fmt: skip
