"""One bad row in a million: every other one is imported, and the reject file comes in cleanly once it is mended.

`LABELYARD_BENCH_SCALE=0.1` makes the file a tenth as large.
"""

import csv
import io
import time

from benchmarks.common import Bench, Figure, new_project
from benchmarks.imports import LARGE, ROWS, write_table


def run(bench: Bench) -> None:
    path, bad = bench.directory / "rejects.csv", ROWS * 3 // 4
    write_table(path, ROWS, bad)
    with bench.server("rejects", **LARGE) as (client, _):
        project = new_project(client)
        address = f"/api/projects/{project}/import"
        begin = time.perf_counter()
        with path.open("rb") as file:
            answer = client.post(address, params={"on_error": "skip"}, files={"file": (path.name, file)})
        seconds = time.perf_counter() - begin
        made = answer.raise_for_status().json()
        assert made["task_count"] == ROWS - 1, made
        rejected = client.get(
            f"/api/projects/{project}/imports/{made['import_id']}/rejects"
        ).raise_for_status()
        rows = list(csv.DictReader(io.StringIO(rejected.content.decode("utf-8-sig"))))
        assert len(rows) == 1 and rows[0]["id"] == str(bad), rejected.text[:500]
        note = f"the reject file: row {rows[0]['_row']}, {rows[0]['_error'][:60]}"
        bench.add(Figure(f"CSV of {ROWS:,} rows with a bad one, skipped", seconds, "s", 25, note))
        mended = io.StringIO()
        rows[0].pop(None, None)  # where the reader puts fields without a column
        writer = csv.DictWriter(mended, list(rows[0]))
        writer.writeheader()
        writer.writerow(rows[0])
        again = client.post(address, files={"file": ("mended.csv", mended.getvalue().encode())})
        assert again.status_code == 201 and again.json()["task_count"] == 1, again.text[:500]
        total = client.get(f"/api/projects/{project}").raise_for_status().json()["task_number"]
        bench.add(
            Figure("tasks missing after the mended file", ROWS - total, "tasks", 0, f"{total:,} are there")
        )
