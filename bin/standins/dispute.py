"""Lets a partner say "this record is wrong": `dispute.py --partner http://127.0.0.1:8611 --url … --field … …`."""

from __future__ import annotations

import argparse
import json
import sys
import urllib.error
import urllib.request


def main() -> int:
    arguments = _arguments()
    order = {name: value for name, value in vars(arguments).items() if name != "partner" and value}
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


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='Makes a partner tell the platform "this record is wrong", signed.')
    parser.add_argument("--partner", required=True, help="address of the partner's process")
    parser.add_argument("--url", required=True, help="where the platform takes disputes")
    parser.add_argument("--message-id", dest="message_id", default="", help="default: the latest received")
    parser.add_argument("--subject", default="", help="default: that of the message")
    for name in ("field", "ours", "theirs", "reason"):
        parser.add_argument(f"--{name}", required=True)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
