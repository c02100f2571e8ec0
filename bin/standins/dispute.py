"""Lets a partner say "this record is wrong": `dispute.py --partner http://127.0.0.1:8611 --keys DIR/keys.json --url … …`."""

from __future__ import annotations

import argparse
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path


def main() -> int:
    arguments = _arguments()
    order = {name: value for name, value in vars(arguments).items() if name not in {"partner", "keys"} and value}
    if arguments.keys and not arguments.key_id:
        try:
            order["key_id"] = _last_key(arguments.keys)
        except (OSError, ValueError) as error:
            print(f"no key in {arguments.keys}: {error}", file=sys.stderr)
            return 1
    request = urllib.request.Request(
        arguments.partner.rstrip("/") + "/_dispute",
        data=json.dumps(order, ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as reply:
            answer = json.load(reply)
    except urllib.error.HTTPError as error:
        print(error.read().decode("utf-8", "replace"), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"the partner does not answer: {error}", file=sys.stderr)
        return 1
    print(json.dumps(answer, ensure_ascii=False, indent=1))
    return 0 if answer.get("status") and answer["status"] < 300 else 1


def _last_key(path: Path) -> str:
    """The key that was handed over last, which the platform knows; the first one may be older than it."""
    keys = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(keys, dict) or not keys:
        raise ValueError("an object of key ids and secrets is wanted")
    return next(reversed(keys))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='Makes a partner tell the platform "this record is wrong", signed.')
    parser.add_argument("--partner", required=True, help="address of the partner's process")
    parser.add_argument("--url", required=True, help="where the platform takes disputes")
    parser.add_argument("--message-id", dest="message_id", default="", help="default: the latest received")
    parser.add_argument("--key-id", dest="key_id", default="", help="which key signs; default: the last one of --keys")
    parser.add_argument(
        "--keys", type=Path, help="the partner's keys.json; without it and --key-id the partner chooses"
    )
    parser.add_argument("--subject", default="", help="default: that of the message")
    for name in ("field", "ours", "theirs", "reason"):
        parser.add_argument(f"--{name}", required=True)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
