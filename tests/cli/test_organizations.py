"""Accounts and organizations from the command line."""

from pathlib import Path

from tests.cli.conftest import Run

DATA = ("--data-dir", "data")
PASSWORD = ("--password", "correct horse battery")


def test_a_further_organization_with_its_owner(run: Run, tmp_path: Path) -> None:
    early = run(
        "labelyard", "organization", "create", "Second", "--owner", "eve@example.org", *PASSWORD, *DATA
    )
    assert early.returncode == 1 and "no account yet" in early.stderr
    assert run("labelyard", "user", "create", "ada@example.org", *PASSWORD, *DATA).returncode == 0
    made = run(
        "labelyard", "organization", "create", "Second", "--owner", "eve@example.org", *PASSWORD, *DATA
    )
    assert made.returncode == 0 and "organization 2: Second" in made.stdout, made.stderr
    # An account that exists owns the third too, and keeps its password.
    third = run("labelyard", "organization", "create", "Third", "--owner", "ADA@example.org", *DATA)
    assert third.returncode == 0, third.stderr
    inside = ("--organization", "2", "--role", "annotator")
    assert run("labelyard", "user", "create", "sam@example.org", *inside, *PASSWORD, *DATA).returncode == 0
    listed = run("labelyard", "organization", "list", *DATA)
    assert [line.split("\t") for line in listed.stdout.splitlines()] == [
        ["1", "Labelyard", "1", "0"],
        ["2", "Second", "2", "0"],
        ["3", "Third", "1", "0"],
    ]
    accounts = run("labelyard", "user", "list", *DATA).stdout
    assert "eve@example.org\towner" in accounts and "sam@example.org\tannotator" in accounts


def test_wrong_organizations(run: Run, tmp_path: Path) -> None:
    assert run("labelyard", "user", "create", "ada@example.org", *PASSWORD, *DATA).returncode == 0
    for arguments, word in (
        (("organization", "create", " ", "--owner", "ada@example.org"), "title"),
        (("organization", "create", "Two", "--owner", "eve", *PASSWORD), "email"),
        (("organization", "create", "Two", "--owner", "eve@example.org", "--password", "x"), "at least 8"),
        (
            ("user", "create", "sam@example.org", "--organization", "9", *PASSWORD),
            "no organization with id 9",
        ),
    ):
        done = run("labelyard", *arguments, *DATA)
        assert done.returncode == 1 and word in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert len(run("labelyard", "organization", "list", *DATA).stdout.splitlines()) == 1
