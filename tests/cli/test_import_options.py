"""`labelyard import` with its options: what it says, what it leaves, and how it ends."""

import gzip
from pathlib import Path

import pytest
from tests.cli.conftest import Run

CONFIG = (
    '<View><Text name="t" value="$text"/><Choices name="c" toName="t"><Choice value="a"/></Choices></View>'
)


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    (tmp_path / "c.xml").write_text(CONFIG)
    (tmp_path / "good.csv").write_text("text\na\nb\n")
    (tmp_path / "days.csv").write_text("text,n\none,1\ntwo,2,3\nthree,3\n")
    assert run("labelyard", "init", "p", "--label-config=c.xml").returncode == 0
    return tmp_path


def test_known_tasks_are_not_added_again(run: Run, folder: Path) -> None:
    (folder / "good.csv.gz").write_bytes(gzip.compress(b"text\na\nb\n"))
    first = run("labelyard", "import", "1", "good.csv", "--dedupe", "text", "--data-dir", "p")
    assert first.returncode == 0 and "2 tasks imported" in first.stderr + first.stdout
    again = run("labelyard", "import", "1", "good.csv.gz", "--dedupe", "text", "--data-dir", "p")
    assert again.returncode == 0 and "2 duplicates left out" in again.stderr + again.stdout


def test_refused_rows_come_back_in_a_file(run: Run, folder: Path) -> None:
    refused = run("labelyard", "import", "1", "days.csv", "--data-dir", "p")
    assert refused.returncode == 1 and "line 3: expected 2 fields, saw 3" in refused.stderr
    skipped = run("labelyard", "import", "1", "days.csv", "--on-error", "skip", "--data-dir", "p")
    assert (
        skipped.returncode == 3 and "days.csv:3: " in skipped.stderr and "days-rejects.csv" in skipped.stderr
    )
    mended = folder / "days-rejects.csv"
    mended.write_text(mended.read_text("utf-8-sig").replace("two,2,3", "two,2"))
    assert run("labelyard", "import", "1", "days-rejects.csv", "--data-dir", "p").returncode == 0


def test_a_dry_run_imports_nothing(run: Run, folder: Path) -> None:
    dry = run("labelyard", "import", "1", "good.csv", "--dry-run", "--dedupe", "text", "--data-dir", "p")
    assert dry.returncode == 0 and "2 tasks would be imported" in dry.stderr + dry.stdout
    made = run("labelyard", "import", "1", "good.csv", "--dedupe", "text", "--data-dir", "p")
    assert "2 tasks imported" in made.stderr + made.stdout
