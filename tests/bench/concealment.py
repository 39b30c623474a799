"""How much longer the hosted pages take for somebody who exists: `python -m tests.bench.concealment [pairs]`. Measures, never judges."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.concealment import DEEDS, measure
from tests.support.whole_app import WholeApp


def main(pairs: int) -> None:
    print(f"{'deed':22} {'who':12} {'existing':>9} {'unknown':>9} {'difference':>11}   ms, medians of {pairs} pairs")
    with TemporaryDirectory() as folder:
        app = WholeApp(Path(folder), password_hashing="owasp")
        for number, (name, deed) in enumerate(DEEDS.items()):
            for kind in ("confirmed", "unconfirmed"):
                took = measure(app, deed, kind, pairs, first=10_000 + 1000 * number)
                share = 100 * took.difference / took.unknown
                print(
                    f"{name:22} {kind:12} {took.existing:9.1f} {took.unknown:9.1f} {took.difference:+7.1f} {share:+.0f} %"
                )
        app.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 41)
