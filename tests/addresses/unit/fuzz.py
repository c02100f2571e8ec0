"""Fuzzing of the engine for as long as one likes: `python -m tests.addresses.unit.fuzz --minutes 10`.

Texts are made from address parts, from noisy texts of a registry that are cut, doubled, spliced and salted with odd
characters, and from characters of all of Unicode. Every text must get an answer: never an error, every character in
one token, nothing accepted with an unread one, the same readings by head and tail, and at most 20 ms of processor
time. Ends with 1 when one did not.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import time
from collections.abc import Iterator
from itertools import pairwise

from addresses.matching.heads import Heads
from addresses.matching.resolve import parse, parse_by_parts, resolve_batch
from addresses.parsing.accounting import covers
from addresses.parsing.normalise import normalise
from addresses.parsing.tokens import Shape
from tests.addresses.unit.unseen_noise import noise
from tests.addresses.unit.unseen_registry import UnseenRegistry, build, large_rows

LIMIT_MS = 20.0
_TRIES = 5
_SHOWN = 300
_PARTS = (
    "莱州市", "山东省", "烟台", "东城街道", "石桥镇", "建设路", "村", "村民委员会", "花园", "小区", "盛世", "号", "号楼", "栋", "单元", "室", "户",
    "层", "-", "—", "－", "#", "组", "排", "巷", "之", "附", "第", "甲", "东", "西", "南", "北", "路口", "对面", "100米", "K19+906", "与", "和", "1", "12",
    "128", "0", "00", "501", "99999", "一", "十二", "二百零五", "壹贰叁", "〇", "A", "座", "楼", "(", ")", "，", " ", "\u3000", "电话", "13800000000",
    "370683199001010017", "①", "²", "⻄", "𠮷", "\u202e", "\x00", "\u200b", "e\u0301", "😀", "NULL", "<b>", "'", "*", "~", "/", "\\", "％", "住", "先生收",
)  # fmt: skip


def _any_character(chance: random.Random) -> str:
    code = chance.choice((chance.randint(0, 0x2FF), chance.randint(0x2000, 0x33FF), chance.randint(0x4E00, 0x9FFF), chance.randint(0, 0x10FFFF)))  # fmt: skip
    return chr(code)


def _mangled(chance: random.Random, text: str, other: str) -> str:
    for _ in range(chance.randint(1, 4)):
        place = chance.randint(0, len(text))
        end = min(len(text), place + chance.randint(0, 6))
        text = chance.choice(
            (
                text[:place] + text[end:],
                text[:place] + text[place:end] * chance.randint(2, 30) + text[end:],
                text[:place] + other[: chance.randint(0, len(other))] + text[place:],
                text[:place] + _any_character(chance) + text[place:],
                text[:place] + chance.choice(_PARTS) + text[place:],
                text[::-1],
            )
        )
    return text


def texts(seed: int, registry: UnseenRegistry) -> Iterator[str]:
    """Texts without end."""
    chance = random.Random(seed)
    while True:
        wordings = [one.text for one in noise(chance.randint(0, 2**31), registry.rows, 200)]
        for first, second in pairwise(wordings):
            yield _mangled(chance, first, second)
            yield "".join(chance.choice(_PARTS) for _ in range(chance.randint(1, 60)))
            yield "".join(_any_character(chance) for _ in range(chance.randint(0, 260)))
            yield chance.choice(_PARTS) * chance.randint(1, 400)
            yield (chance.choice(_PARTS) + chance.choice(_PARTS)) * chance.randint(1, 100)


def _complaint(text: str, registry: UnseenRegistry) -> str:
    """What is wrong with the answer for the text, "" when nothing is."""
    result = resolve_batch([text], registry.names, registry.lookup)[0]
    parsed = parse(text, registry.names)
    if parsed.tokens and not covers(parsed.tokens, len(parsed.text)):
        return "tokens do not cover the text"
    if result.is_accepted and any(token.shape is Shape.UNREAD for token in parsed.tokens):
        return "accepted with an unread character"
    if normalise(parsed.text).text != parsed.text:
        return "folding is not idempotent"
    by_parts = parse_by_parts(text, registry.names, registry.names.once(Heads))
    if (by_parts.readings, by_parts.chains, by_parts.faults) != (parsed.readings, parsed.chains, parsed.faults):
        return "read by head and tail it says something else"
    return ""


def _milliseconds(text: str, registry: UnseenRegistry) -> float:
    started = time.thread_time()
    resolve_batch([text], registry.names, registry.lookup)
    return (time.thread_time() - started) * 1000


def run(minutes: float, seed: int, registry: UnseenRegistry) -> tuple[int, float, str, list[str]]:
    """Count of texts, the slowest time in milliseconds with its text, and all complaints."""
    slowest, slowest_text, complaints, count = 0.0, "", [], 0
    ends_at = time.monotonic() + minutes * 60
    for text in texts(seed, registry):
        if time.monotonic() > ends_at:
            break
        count += 1
        try:
            taken = _milliseconds(text, registry)
            # Another process may have had the caches of the processor: the best of a few is the text's own time.
            if taken > max(slowest, 2.0):
                taken = min([taken, *(_milliseconds(text, registry) for _ in range(_TRIES))])
            complaint = _complaint(text, registry)
        except Exception as error:  # noqa: BLE001 - the point of a fuzzer is to catch whatever comes
            complaint, taken = repr(error), 0.0
        if taken > slowest:
            slowest, slowest_text = taken, text
        if taken > LIMIT_MS:
            complaint = complaint or f"{taken:.1f} ms"
        if complaint:
            complaints.append(f"{complaint}: {ascii(text)[:_SHOWN]}")
    return count, slowest, slowest_text, complaints


def main() -> int:
    """Runs, prints what was found, and answers 1 when something was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=20_000)
    arguments = parser.parse_args()
    registry = build(large_rows(arguments.seed, arguments.rows))
    gc.collect()
    gc.freeze()
    count, slowest, text, complaints = run(arguments.minutes, arguments.seed, registry)
    sys.stdout.write(f"{count:,} texts, slowest {slowest:.2f} ms: {ascii(text)[:_SHOWN]}\n")
    for complaint in complaints[:20]:
        sys.stdout.write(f"{complaint}\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    raise SystemExit(main())
