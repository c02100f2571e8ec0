"""The bars of the engine on unseen noise: `python -m tests.addresses.unit.measure_unseen --rows 200000`."""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence

from addresses.matching.calibration import expected_error
from addresses.matching.resolve import resolve_batch
from addresses.matching.result import Resolution
from addresses.parsing.components import canonical, link_key
from tests.addresses.unit.unseen_noise import Noisy, absent, noise
from tests.addresses.unit.unseen_registry import UnseenRegistry, build, large_rows

_EDGES = tuple(edge / 20 for edge in range(1, 21))


def is_right(one: Noisy, result: Resolution) -> bool:
    """Whether the node that is accepted, or else the first candidate, is the one that is meant."""
    node = result.node or (result.candidates[0].node if result.candidates else None)
    return one.answer is not None and node is not None and node.key == link_key(canonical(one.answer))


def figures(noisy: Sequence[Noisy], results: Sequence[Resolution]) -> dict[str, float]:
    """Precision, recall, wrong and accepted per thousand by class, and the calibration error of the accepted."""
    accepted = [(one, result) for one, result in zip(noisy, results, strict=True) if result.is_accepted]
    wrong = Counter(one.kind for one, result in accepted if not is_right(one, result))
    counts = Counter(one.kind for one in noisy)
    right = len(accepted) - wrong.total()
    proposals = [(result.confidence, is_right(one, result)) for one, result in accepted]
    return {
        "texts": len(noisy),
        "precision": right / max(1, len(accepted)),
        "recall": right / len(noisy),
        **{f"wrong_per_1000_{kind}": 1000 * wrong[kind] / counts[kind] for kind in sorted(counts)},
        "calibration_error": expected_error(proposals, _EDGES)[0],
    }


def p99_ms(noisy: Sequence[Noisy], registry: UnseenRegistry) -> float:
    """Processor time of one text alone, the slowest hundredth left out."""
    taken = []
    for one in noisy:
        started = time.thread_time()
        resolve_batch([one.text], registry.names, registry.lookup)
        taken.append((time.thread_time() - started) * 1000)
    return sorted(taken)[int(len(taken) * 0.99)]


def main() -> int:
    """Prints one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=71)
    arguments = parser.parse_args()
    registry = build(large_rows(arguments.seed, arguments.rows))
    registry.names.fuzzy()
    gc.collect()
    gc.freeze()
    known = list(noise(arguments.seed + 1, registry.rows, arguments.texts))
    unknown = list(absent(arguments.seed + 2, registry.rows, arguments.texts // 3))
    found = resolve_batch([one.text for one in known], registry.names, registry.lookup)
    strange = resolve_batch([one.text for one in unknown], registry.names, registry.lookup)
    document = figures(known, found) | {
        "rows": len(registry.rows),
        "absent_falsely_accepted_per_1000": 1000 * sum(result.is_accepted for result in strange) / len(strange),
        "p99_ms": p99_ms(known, registry),
    }
    sys.stdout.write(json.dumps(document, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
