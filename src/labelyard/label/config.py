"""Label config text to a `LabelConfig`, or to the full list of what is wrong with it."""

import difflib
from dataclasses import dataclass, field
from functools import lru_cache

from labelyard.label.collect import collect, visible
from labelyard.label.problems import LabelConfigError, Problem
from labelyard.label.registry import GEOMETRY_TAGS, TAGS, nearest, nearest_param
from labelyard.label.tags.model import Kind, Tag
from labelyard.label.tree import ControlTag, LabelConfig, Node
from labelyard.label.xml import OPAQUE_TAGS, read_xml

__all__ = ["MAX_PROBLEMS", "LabelConfig", "LabelConfigError", "Problem", "parse"]

MAX_PROBLEMS = 100
_LARGE = 64 * 1024
# Guessing what was meant is slow, so a config of nothing but slips gets only so many guesses.
_MAX_GUESSES = 200


@dataclass
class _Check:
    """The rules of one parse, and what they found."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    guesses: int = 0

    def warn(self, problem: Problem) -> None:
        if len(self.warnings) < MAX_PROBLEMS:
            self.warnings.append(problem)

    def fail(self, node: Node, attribute: str | None, message: str, cure: str) -> None:
        self.problems.append(Problem(node.line, node.tag[:100], attribute, message, cure))
        if len(self.problems) >= MAX_PROBLEMS:
            raise LabelConfigError(self.problems)

    def may_guess(self) -> bool:
        self.guesses += 1
        return self.guesses <= _MAX_GUESSES

    def node(self, node: Node, parent: Node | None) -> None:
        """Check one tag by itself, then everything below it."""
        spec = TAGS.get(node.tag)
        if spec is None:
            guess = nearest(node.tag) if self.may_guess() else None
            cure = f"Did you mean <{guess}>?" if guess else "See the list of tags in the reference."
            self.fail(node, None, "There is no such tag.", cure)
        else:
            self.attributes(node, spec)
            self.place(node, spec, parent)
        if node.tag not in OPAQUE_TAGS:
            for child in node.children:
                self.node(child, node)

    def attributes(self, node: Node, spec: Tag) -> None:
        for param in spec.params:
            if param.required and not node.attrs.get(param.name, "").strip():
                self.missing(node, spec, param.name)
        for name, value in node.attrs.items():
            known = spec.param(name)
            if known is None:
                guess = nearest_param(spec, name) if self.may_guess() else None
                if guess:
                    self.warn(
                        Problem(
                            node.line,
                            node.tag,
                            name[:100],
                            "This attribute is unknown.",
                            f"Did you mean {guess}?",
                        )
                    )
            elif known.enum and value not in known.enum and not value.startswith("$"):
                allowed = ", ".join(known.enum)
                self.warn(
                    Problem(
                        node.line,
                        node.tag,
                        name,
                        f'"{value[:100]}" is not a known value.',
                        f"Use one of: {allowed}.",
                    )
                )
            elif known.type == "bool" and value.strip().lower() not in ("true", "false"):
                self.warn(
                    Problem(
                        node.line,
                        node.tag,
                        name,
                        f'"{value[:100]}" is not a yes or no.',
                        "Use true or false.",
                    )
                )

    def missing(self, node: Node, spec: Tag, name: str) -> None:
        if spec.name == "Image" and name == "value" and node.attrs.get("valueList", "").strip():
            return
        message, cure = f'The attribute "{name}" is missing.', _CURES.get(name, f'Add {name}="…".')
        if spec.kind in (Kind.OBJECT, Kind.CONTROL) or spec.name in ("Label", "Choice"):
            if name not in node.attrs or name != "value":
                self.fail(node, name, message, cure)
            elif spec.kind is Kind.OBJECT:
                self.fail(node, name, 'The attribute "value" is empty.', cure)
        elif name not in node.attrs:
            self.warn(Problem(node.line, node.tag, name, message, cure))

    def place(self, node: Node, spec: Tag, parent: Node | None) -> None:
        if parent is None and spec.name != "View":
            if spec.kind is Kind.VISUAL:
                self.warn(
                    Problem(
                        node.line,
                        node.tag,
                        None,
                        "The root is not a <View>.",
                        "Put everything into one <View>.",
                    )
                )
            else:
                self.fail(
                    node, None, "The root of a label config is a <View>.", "Put everything into one <View>."
                )

    def tree(self, config: LabelConfig) -> None:
        """Check what tags say about each other."""
        self.names(config.root)
        for control in config.controls.values():
            self.targets(config, control.node, control.to_name)
            self.labels(control)
        for node in visible(config.root):
            spec = TAGS.get(node.tag)
            if spec and spec.needs:
                self.children(node, spec)

    def names(self, root: Node) -> None:
        seen: dict[str, Node] = {}
        for node in visible(root):
            spec, name = TAGS.get(node.tag), node.attrs.get("name", "").strip()
            if not name or spec is None or spec.kind not in (Kind.OBJECT, Kind.CONTROL):
                continue
            first = seen.setdefault(name, node)
            if first is not node:
                where = f"<{first.tag}> on line {first.line}"
                self.fail(
                    node,
                    "name",
                    f'The name "{name[:100]}" is used already by {where}.',
                    "Give each tag its own name.",
                )

    def targets(self, config: LabelConfig, node: Node, to_name: tuple[str, ...]) -> None:
        spec = TAGS[node.tag]
        for name in to_name:
            target = config.objects.get(name)
            if target is not None:
                if spec.targets and target.tag not in spec.targets and target.kind not in spec.targets:
                    takes = " or ".join(f"<{tag}>" for tag in spec.targets)
                    message = f'"{name}" is a <{target.tag}>, which <{spec.name}> cannot be used on.'
                    self.warn(Problem(node.line, node.tag, "toName", message, f"Point it at {takes}."))
            elif name in config.controls and (
                name != node.attrs.get("name") or spec.param("toName") in _NEEDED
            ):
                self.fail(
                    node,
                    "toName",
                    f'"{name[:100]}" is a control, not an object.',
                    "Name an object, such as a Text or Image.",
                )
            elif name not in config.controls:
                close = difflib.get_close_matches(name[:64], list(config.objects)[:100], n=1)
                known = f'Did you mean "{close[0]}"?' if close else "Name an object of this config."
                self.fail(node, "toName", f'No tag is named "{name[:100]}".', known)

    def labels(self, control: ControlTag) -> None:
        seen: set[tuple[str, ...]] = set()
        for label in control.labels:
            if label.path in seen:
                message = f'"{label.stored[:100]}" occurs twice; results cannot tell the two apart.'
                self.warn(
                    Problem(control.node.line, control.tag, None, message, "Remove one or give it an alias.")
                )
            seen.add(label.path)

    def children(self, node: Node, spec: Tag) -> None:
        if node.attrs.get("value", "").strip().startswith("$") or node.attrs.get("apiUrl"):
            return
        if not any(child.tag in (*spec.needs, "Repeater") for child in node.walk()):
            needed = " or ".join(f"<{tag}>" for tag in spec.needs)
            cure = f'Add {needed} tags, or take them from task data with value="$field".'
            self.fail(node, None, f"It has no {needed} inside.", cure)


_CURES = {
    "name": 'Give it a name of its own: name="…".',
    "toName": 'Say which object it is about: toName="…".',
    "value": 'Say what it shows: value="$field" or value="text".',
}
_NEEDED = [
    param for tag in TAGS.values() for param in tag.params if param.name == "toName" and param.required
]


def _parse(xml: str) -> LabelConfig:
    check = _Check()
    root = read_xml(xml, check.warn)
    check.node(root, None)
    config = collect(xml, root)
    check.tree(config)
    if check.problems:
        raise LabelConfigError(sorted(check.problems, key=lambda problem: problem.line))
    warnings = (*check.warnings, *_unnamed_tools(config))
    return LabelConfig(
        config.xml, root, config.objects, config.controls, config.data_keys, config.optional_keys, warnings
    )


def _unnamed_tools(config: LabelConfig) -> list[Problem]:
    """A plain Labels on an image labels what a tool draws; without a tool nothing can be drawn."""
    found = []
    tools = [control for control in config.controls.values() if control.tag in GEOMETRY_TAGS]
    for control in config.controls.values():
        images = [
            name
            for name in control.to_name
            if name in config.objects and config.objects[name].kind == "Image"
        ]
        if control.tag == "Labels" and images and not any(set(tool.to_name) & set(images) for tool in tools):
            message = "Nothing can be drawn with plain Labels on an image."
            found.append(
                Problem(
                    control.node.line,
                    control.tag,
                    None,
                    message,
                    "Add a <Rectangle> or use <RectangleLabels>.",
                )
            )
    return found


_parse_small = lru_cache(maxsize=256)(_parse)
_parse_large = lru_cache(maxsize=4)(_parse)


def parse(xml: str) -> LabelConfig:
    """Parse a label config.

    Raises LabelConfigError with all problems at once (at most `MAX_PROBLEMS`). The answer is shared between callers
    of the same text: treat it as read-only.
    """
    return (_parse_small if len(xml) <= _LARGE else _parse_large)(xml)
