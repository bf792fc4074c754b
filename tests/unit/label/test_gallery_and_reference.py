"""Templates use only what the editor can do; the registry, the reference page and the tags agree."""

import json
from pathlib import Path

import pytest

from labelyard.label.config import parse
from labelyard.label.docs import render_reference
from labelyard.label.registry import TAGS, find, nearest, registry_json
from labelyard.label.tags.model import Kind
from labelyard.label.templates import GROUPS, gallery, templates

ROOT = Path(__file__).parents[3]
EDITABLE = {
    "View", "Header", "Style", "Text", "Image", "Audio", "HyperText", "Choices", "Choice", "Labels", "Label",
    "RectangleLabels", "Rectangle", "TextArea", "Rating",
}  # fmt: skip


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.id)
def test_templates_are_faultless_and_editable(template):
    config = parse(template.config)
    assert config.warnings == ()
    assert {node.tag for node in config.root.walk()} <= EDITABLE
    assert config.has_controls
    assert template.keys


def test_gallery_has_every_group():
    shown = gallery()
    assert len(shown["templates"]) >= 14
    assert shown["groups"] == list(GROUPS)
    assert {template["group"] for template in shown["templates"]} == set(GROUPS)
    titles = [template["title"] for template in shown["templates"]]
    assert len(set(titles)) == len(titles)
    json.dumps(shown)


def test_reference_page_is_up_to_date():
    page = ROOT / "docs" / "reference" / "label-config.md"
    assert page.read_text(encoding="utf-8") == render_reference(), "run: make docs"


def test_registry_as_json_has_every_tag_with_its_attributes():
    rows = {row["name"]: row for row in json.loads(registry_json())["tags"]}
    assert set(rows) == set(TAGS)
    assert rows["RectangleLabels"]["result_key"] == "rectanglelabels"
    assert {param["name"] for param in rows["Choices"]["params"]} >= {
        "name",
        "toName",
        "perRegion",
        "visibleWhen",
    }
    assert rows["Labels"]["result_key"] == "labels"
    assert rows["TextArea"]["result_key"] == "text"
    assert rows["Rating"]["params"]


def test_every_attribute_is_explained():
    silent = {param.name for tag in TAGS.values() for param in tag.params if not param.description}
    assert not silent


def test_children_and_targets_are_tags():
    for tag in TAGS.values():
        assert all(child in TAGS for child in (*tag.children, *tag.needs))
        assert all(TAGS[target].kind is Kind.OBJECT for target in tag.targets)
        assert tag.alias_of is None or tag.alias_of in TAGS


def test_names_are_found_whatever_their_case():
    assert find("rectanglelabels") is TAGS["RectangleLabels"]
    assert find("Nonsense") is None
    assert nearest("RectangelLabels") == "RectangleLabels"
