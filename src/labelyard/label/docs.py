"""The reference page of the label config language, made from the registry so that it cannot be out of date."""

import sys
from collections.abc import Iterable

from labelyard.label.registry import TAGS
from labelyard.label.tags.model import Kind, Param, Tag
from labelyard.label.templates import templates

_INTRO = """# Label config reference

A label config says what a task shows and what it asks. It is XML with one `<View>` at the root.

<!-- Made by `make docs` from the tag registry; edit the registry, not this page. -->

- **Object tags** show a field of the task: `value="$text"` takes it from the key `text` of the task data, `value="$a.b"` from a nested
  object. Every field named this way must be in every task.
- **Control tags** ask about an object: `toName` holds the `name` of the object. Their answers are the results.
- Attribute names may be written in any case. Booleans are `true` and `false`. Unknown attributes are kept.
- `alias` of a label is stored in results instead of its `value`.
- A control with `perRegion="true"` asks about the selected region, others about the whole task.
- Limits: 1 MiB, 100 levels, no document type, no entities.

## Results

An annotation's `result` is a list of items `{"id", "from_name", "to_name", "type", "value"}`. Items of one `id` are one region.
Image coordinates are percent of the unrotated image, with `original_width`, `original_height` and `image_rotation` beside `value`.
Text offsets count Unicode code points, the end is exclusive. Sound offsets are seconds. Video frames count from 1.
A relation is `{"type": "relation", "from_id", "to_id", "direction": "left" | "right" | "bi", "labels": […]}`.
The formats are compatible with Label Studio 1.x.
"""

_HEADINGS = (
    (Kind.OBJECT, "Object tags"),
    (Kind.CONTROL, "Control tags"),
    (Kind.CHILD, "Tags inside other tags"),
    (Kind.VISUAL, "Visual tags"),
)


def render_reference() -> str:
    """The page as Markdown."""
    parts = [_INTRO]
    for kind, heading in _HEADINGS:
        parts.append(f"## {heading}\n")
        parts.extend(_tag(tag) for tag in TAGS.values() if tag.kind is kind)
    parts.append(_gallery())
    return "\n".join(parts)


def _tag(tag: Tag) -> str:
    lines = [f"### {tag.name}\n", f"{tag.summary}\n"]
    facts = list(_facts(tag))
    if facts:
        lines.append("\n".join(f"- {fact}" for fact in facts) + "\n")
    if tag.params and not tag.alias_of:
        lines.append("| Attribute | Values | Default | Meaning |\n|---|---|---|---|")
        lines.extend(_row(param) for param in tag.params)
        lines.append("")
    return "\n".join(lines)


def _facts(tag: Tag) -> Iterable[str]:
    if tag.alias_of:
        yield f"Read as `{tag.alias_of}`, with its attributes."
    if tag.kind is Kind.OBJECT:
        yield f"Task field: {_listed(kind.value for kind in tag.data_types)}"
    if tag.targets:
        yield f"Used on: {_listed(tag.targets)}"
    if tag.children:
        yield f"Inside: {_listed(tag.children)}" + (', or `value="$field"`' if tag.dynamic else "")
    if tag.result_type:
        shape = ", ".join(f"{name}: {kind}" for name, kind in tag.value)
        yield f"Result type `{tag.result_type}`, value `{{{shape}}}`"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _row(param: Param) -> str:
    values = " ".join(f"`{value}`" for value in param.enum) or param.type
    default = f"`{param.default}`" if param.default else ("required" if param.required else "")
    return f"| `{param.name}` | {values} | {default} | {param.description} |"


def _gallery() -> str:
    lines = ["## Templates\n", "| Group | Template | What it asks | Task fields |\n|---|---|---|---|"]
    lines.extend(
        f"| {template.group} | {template.title} | {template.details} | {_listed(template.keys)} |"
        for template in templates()
    )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render_reference())
