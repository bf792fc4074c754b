"""The reference pages are those that the program would write, and nothing in them lacks an explanation."""

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from labelyard import docs
from labelyard.app import openapi_document
from labelyard.label.registry import TAGS
from labelyard.settings import Settings, variables

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
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


def _shape(path: str) -> str:
    """The path with all parameters alike; an upload's project and name count as one."""
    return re.sub(r"\{[^}]+\}", "{}", path).replace("/data/upload/{}/{}", "/data/upload/{}").rstrip("/")
