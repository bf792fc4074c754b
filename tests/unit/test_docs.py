"""The reference pages are those that the program would write, and nothing in them lacks an explanation."""

import re
from dataclasses import fields
from functools import cache
from pathlib import Path

import click
import pytest

from labelyard import docs
from labelyard.app import openapi_document
from labelyard.label.registry import TAGS
from labelyard.settings import Settings, variables

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
PAGES_OF_DIALECTS = ("compatibility", "legacy-api")
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.mark.parametrize("name", docs.pages())
def test_page_is_up_to_date(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == docs.pages()[name](), "run: make docs"


def test_every_setting_is_explained() -> None:
    page = docs.render_settings()
    for each in fields(Settings):
        assert len(each.metadata["doc"]) > 10, each.name
        assert all(f"`{variable}`" in page for variable in variables(each.name))


def test_every_command_option_and_argument_is_explained() -> None:
    missing = []
    for context, command in docs.commands():
        help_text = command.help or ""
        if len(help_text) < 10:
            missing.append(context.command_path)
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                explained = bool(parameter.help) or parameter.hidden
            else:
                explained = (parameter.human_readable_name.upper()) in help_text
            if not explained:
                missing.append(f"{context.command_path} {parameter.human_readable_name}")
    assert missing == []


def test_every_operation_and_query_parameter_is_explained() -> None:
    document = openapi_document()
    groups = {tag["name"] for tag in document["tags"]}
    missing = []
    for method, path, operation in docs.operations(document):
        name = f"{method.upper()} {path}"
        if not operation.get("summary") or not operation.get("description"):
            missing.append(name)
        if not groups & set(operation.get("tags", [])):
            missing.append(f"{name}: tag")
        if not any(status >= "400" for status in operation["responses"]) and not _always_works(path):
            missing.append(f"{name}: errors")
        missing += [
            f"{name}: {each['name']}"
            for each in operation.get("parameters", [])
            if each["in"] == "query" and not each.get("description")
        ]
    assert missing == []


def _always_works(path: str) -> bool:
    return path.endswith(("/health", "/version"))


def test_every_operation_is_in_the_page() -> None:
    page = docs.render_endpoints()
    for method, path, _ in docs.operations(openapi_document()):
        assert f"### {method.upper()} {path}\n" in page


def test_every_tag_and_attribute_is_explained() -> None:
    missing = [name for name, tag in TAGS.items() if not tag.summary]
    missing += [
        f"{name} {param.name}" for name, tag in TAGS.items() for param in tag.params if not param.description
    ]
    assert missing == []


def test_pages_are_written_where_asked(tmp_path: Path) -> None:
    assert docs.main([str(tmp_path / "new")]) == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(docs.pages())
    assert docs.main([]) == 2


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            if "://" in target or target.startswith(("#", "mailto:")):
                continue
            if not (page.parent / target.split("#")[0]).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_compatibility_page_tells_the_truth() -> None:
    """Operations that the page says work are there, those it puts off are not."""
    there = {(method.upper(), _shape(path)) for method, path, _ in docs.operations(openapi_document())}
    wrong = []
    for line in (REFERENCE / "compatibility.md").read_text(encoding="utf-8").splitlines():
        for state in ("works", "later"):
            if f"| {state} |" not in line:
                continue
            for method, path in re.findall(r"`([A-Z]+) (/[^`]*)`", line):
                if ((method, _shape(path)) in there) != (state == "works"):
                    wrong.append(f"{method} {path} {state}")
    assert wrong == []


def test_compatibility_page_has_every_operation_of_the_contract_once() -> None:
    listed = [
        operation
        for cells in _table("Operations")
        for operation in re.findall(r"`([A-Z]+) (/[^`]*)`", cells[2])
        if cells[1] in ("works", "later")
    ]
    contract = _contract()
    assert len(contract) == 190
    assert sorted((method, _shape(path)) for method, path in listed) == contract


def test_compatibility_page_names_what_is_beyond_the_contract() -> None:
    """Every operation that the contract has not is named, by its path or by the part of it that is ours alone."""
    text = "".join((REFERENCE / f"{name}.md").read_text(encoding="utf-8") for name in PAGES_OF_DIALECTS)
    named = {each.strip("/…") for each in re.findall(r"`(?:[A-Z]+ )?([^`\s]+)", _without_tables(text))}
    named |= {path.strip("/") for path in re.findall(r"(/[a-z][^`\s?]+)", text)}
    shapes = {_shape(each) for each in named}
    unnamed = [
        f"{method.upper()} {path}"
        for method, path, _ in docs.operations(openapi_document())
        if (method.upper(), _shape(path)) not in _contract()
        and not any(f"/{shape}/" in f"{_shape(path)}/" for shape in shapes if len(shape) > 3)
    ]
    assert unnamed == []


def test_deliberate_differences_are_whole_and_said_once() -> None:
    rows = _table("Deliberate differences")
    assert len(rows) > 60
    assert [cells for cells in rows if len(cells) != 3 or not cells[0] or not cells[1]] == []
    subjects = [cells[0] for cells in rows]
    assert len(subjects) == len(set(subjects))
    told = "\n".join(" ".join(cells) for cells in rows)
    wanted = (Path(__file__).parent / "differences.txt").read_text(encoding="utf-8").splitlines()
    assert [each for each in wanted if not each.startswith("#") and each not in told] == []


def _table(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading of the compatibility page."""
    page = (REFERENCE / "compatibility.md").read_text(encoding="utf-8")
    section = page.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split(" |")] for row in rows[2:]]


def _without_tables(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("|"))


@cache
def _contract() -> list[tuple[str, str]]:
    """Method and shape of the path of each operation that the community edition of 1.x has."""
    lines = (Path(__file__).parent / "contract.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split(" ") for line in lines if not line.startswith("#")]
    return sorted((method, _shape(path)) for method, path in pairs)


def _shape(path: str) -> str:
    """The path with all parameters alike; an upload's project and name count as one."""
    return re.sub(r"\{[^}]+\}", "{}", path).replace("/data/upload/{}/{}", "/data/upload/{}").rstrip("/")
