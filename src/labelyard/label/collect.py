"""From the tree of a label config to its objects, controls and data fields."""

from collections.abc import Iterator

from labelyard.label.fields import field_of, mentioned
from labelyard.label.registry import TAGS
from labelyard.label.tags.model import JsonType, Kind
from labelyard.label.tree import ControlTag, DataKey, Label, LabelConfig, Node, ObjectTag
from labelyard.label.xml import OPAQUE_TAGS

_FIELD_ATTRIBUTES = ("value", "valueList", "on")
_LIST = frozenset({JsonType.LIST})


def visible(node: Node) -> Iterator[Node]:
    """The node and all tags of ours below it, in document order."""
    yield node
    if node.tag not in OPAQUE_TAGS:
        for child in node.children:
            yield from visible(child)


def collect(xml: str, root: Node) -> LabelConfig:
    """Gather what follows from the tree. Tags without the names they need are left out: the checks report them."""
    objects: dict[str, ObjectTag] = {}
    controls: dict[str, ControlTag] = {}
    keys: dict[str, DataKey] = {}
    optional: dict[str, None] = {}
    for node in visible(root):
        spec, name = TAGS.get(node.tag), node.attrs.get("name", "").strip()
        if spec is None:
            continue
        if spec.kind is Kind.OBJECT and name:
            objects.setdefault(name, _object(node, name))
        elif spec.kind is Kind.CONTROL and name and (node.attrs.get("toName") or not _needs_target(node)):
            controls.setdefault(name, _control(node, name))
        for key in _required(node):
            _add_key(keys, key)
        whole = {node.attrs[name] for name in _FIELD_ATTRIBUTES if _field(node, name)}
        for value in node.attrs.values():
            if "$" in value and value not in whole:
                optional.update(dict.fromkeys(mentioned(value)))
    rest = tuple(name for name in optional if name not in keys and name.split(".")[0] not in keys)
    return LabelConfig(xml, root, objects, controls, keys, rest, ())


def _needs_target(node: Node) -> bool:
    param = TAGS[node.tag].param("toName")
    return param is None or param.required or node.tag == "Relations"


def _object(node: Node, name: str) -> ObjectTag:
    value = node.attrs.get("valueList") or node.attrs.get("value", "")
    found = field_of(value, loose=True)
    return ObjectTag(
        name, node.tag, value.strip(), found[0] if found else None, node.attrs.get("valueType"), node
    )


def _control(node: Node, name: str) -> ControlTag:
    attrs = node.attrs
    labels = tuple(_labels(node, ()))
    from_data = attrs.get("value", "").strip().startswith("$") and TAGS[node.tag].dynamic
    repeated = any(child.tag == "Repeater" for child in node.walk())
    to_name = tuple(filter(None, (part.strip() for part in attrs.get("toName", name).split(","))))
    return ControlTag(
        name,
        node.tag,
        to_name,
        labels,
        from_data
        or repeated
        or bool(attrs.get("apiUrl"))
        or any(field_of(label.value, loose=False) for label in labels),
        _true(attrs.get("perRegion")),
        _true(attrs.get("perItem")),
        _true(attrs.get("required")),
        node,
    )


def _true(value: str | None) -> bool:
    return value is not None and value.strip().lower() == "true"


def _labels(node: Node, path: tuple[str, ...]) -> Iterator[Label]:
    """Labels and choices below a control, through layout tags; choices inside a choice extend its path."""
    for child in node.children:
        if child.tag in ("Label", "Choice"):
            value, alias = child.attrs.get("value", ""), child.attrs.get("alias") or None
            here = (*path, alias or value)
            yield Label(value, alias, child.attrs, here)
            yield from _labels(child, here)
        elif child.tag in TAGS and TAGS[child.tag].kind is Kind.VISUAL and child.tag not in OPAQUE_TAGS:
            yield from _labels(child, path)


def _required(node: Node) -> Iterator[DataKey]:
    """The fields this tag cannot do without."""
    for attribute in _FIELD_ATTRIBUTES:
        found = _field(node, attribute)
        if found:
            name, indexed = found
            types = _LIST if indexed else frozenset(TAGS[node.tag].data_types)
            yield DataKey(name, node.tag, types, node.line)


def _field(node: Node, attribute: str) -> tuple[str, bool] | None:
    """The field that the attribute stands for, if it is one that takes a field as a whole."""
    spec = TAGS[node.tag]
    if attribute not in node.attrs or (attribute != "value" and spec.param(attribute) is None):
        return None
    return field_of(node.attrs[attribute], loose=spec.kind is Kind.OBJECT)


def _add_key(keys: dict[str, DataKey], key: DataKey) -> None:
    """One field may serve several tags: it may be what any of them takes, and an object's tag names it."""
    known = keys.get(key.name)
    if known is None:
        keys[key.name] = key
        return
    first_is_object = TAGS[known.tag].kind is Kind.OBJECT or TAGS[key.tag].kind is not Kind.OBJECT
    owner = known if first_is_object else key
    keys[key.name] = DataKey(key.name, owner.tag, known.types | key.types, owner.line)
