"""`make bench`: what the server costs, beside floors taken in the same run.

`python -m benchmarks NAME…` runs some of it: foundation, imports, exports, labeling, rejects, views. Without names all runs
but `rejects`, which is a play more than a figure.
`docs/explanation/performance.md` explains each figure.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks import exports, foundation, imports, labeling, rejects, views
from benchmarks.common import Bench

PARTS = {
    "foundation": foundation.run,
    "imports": imports.run,
    "exports": exports.run,
    "labeling": labeling.run,
    "rejects": rejects.run,
    "views": views.run,
}
USUAL = ("foundation", "imports", "exports", "labeling", "views")


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"no benchmark {unknown[0]}: there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="labelyard-bench-") as directory:
        bench = Bench(Path(directory))
        for name in names or USUAL:
            PARTS[name](bench)
    over = [figure.name for figure in bench.figures if not figure.good]
    print(
        f"\n{len(bench.figures) - len(over)} of {len(bench.figures)} within their goal"
        + (f"; over: {', '.join(over)}" if over else "")
    )
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
