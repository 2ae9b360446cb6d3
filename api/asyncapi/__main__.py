"""``python -m api.asyncapi --check | --write``: the committed AsyncAPI document."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from api.asyncapi.document import document

COMMITTED = Path("docs/api/asyncapi.json")


def main(arguments: Sequence[str] | None = None, path: Path = COMMITTED) -> int:
    """Check or write. 0: the file says what the models say; 1: it does not, told on standard error."""
    parser = argparse.ArgumentParser(prog="python -m api.asyncapi", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true", help="compare the models with the committed document")
    what.add_argument("--write", action="store_true", help="write the document that the models have now")
    given = parser.parse_args(arguments)
    text = json.dumps(document(), ensure_ascii=False, indent=2) + "\n"
    if given.write:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != text:
        print(f"{path} is not what the models say: run `make openapi`.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
