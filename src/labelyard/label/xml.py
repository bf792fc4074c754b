"""XML text to nodes, with limits, and back.

The reader refuses what a label config never needs and an attacker does: document types, entities, deep nesting,
megabytes. Nothing is ever fetched.
"""

import re
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from labelyard.label.problems import LabelConfigError, Problem
from labelyard.label.registry import find
from labelyard.label.tags.model import Tag
from labelyard.label.tree import Node

MAX_BYTES = 1 << 20
MAX_DEPTH = 100

Report = Callable[[Problem], None]

# What these tags hold is a language of its own (CSS, markup, code), so the names in it are not ours to judge.
OPAQUE_TAGS = frozenset({"Style", "Markdown", "HyperText", "Html", "ReactCode", "CustomInterface"})


def _refuse(message: str, cure: str, line: int = 1) -> LabelConfigError:
    return LabelConfigError([Problem(line, None, None, message, cure)])


def _too_deep(line: int) -> LabelConfigError:
    return _refuse(f"Tags are nested more than {MAX_DEPTH} deep.", "Flatten the label config.", line)


def _checked_bytes(xml: str) -> bytes:
    """The text as UTF-8. Raises LabelConfigError for text that cannot be XML or is too long."""
    if "\x00" in xml:
        line = xml.count("\n", 0, xml.index("\x00")) + 1
        raise _refuse("The text contains a NUL character.", "Remove it.", line)
    try:
        data = xml.removeprefix("\ufeff").encode()
    except UnicodeEncodeError as error:
        line = xml.count("\n", 0, error.start) + 1
        raise _refuse("The text contains half of a surrogate pair.", "Remove it.", line) from None
    if len(data) > MAX_BYTES:
        raise _refuse(f"The label config has {len(data)} bytes.", f"At most {MAX_BYTES} bytes are allowed.")
    if not data.strip():
        raise _refuse("The label config is empty.", "Write at least <View></View>.")
    if _has_doctype(data):
        raise _refuse("Document types and entities are not allowed.", "Remove the <!DOCTYPE …> part.")
    return data


_PROLOG = re.compile(rb"\s*(<\?|<!--|<!DOCTYPE)?", re.IGNORECASE)
_PROLOG_ENDS = {b"<?": b"?>", b"<!--": b"-->"}


def _has_doctype(data: bytes) -> bool:
    """Whether a document type stands before the root; anywhere else it is a syntax error anyway."""
    at = 0
    while True:
        match = _PROLOG.match(data, at)
        opening = match[1] if match else None
        end = _PROLOG_ENDS.get(opening) if opening else None
        if match is None or end is None:
            return opening is not None
        found = data.find(end, match.end())
        if found < 0:
            return False
        at = found + len(end)


def read_xml(xml: str, report: Report) -> Node:
    """Read a label config into nodes with the registry's spelling of known names.

    Tells every unknown tag and doubtful spelling to `report`. Raises LabelConfigError when there is no tree to speak
    of: not well-formed, too large, too deep, or with a document type.
    """
    data = _checked_bytes(xml)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        strip_cdata=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        message = (error.msg or "not well-formed").split(" (<")[0]
        if "depth" in message:
            raise _too_deep(error.lineno or 1) from None
        raise _refuse(
            f"This is not well-formed XML: {message}.", "Close and quote every tag.", error.lineno or 1
        ) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _refuse("Document types and entities are not allowed.", "Remove the <!DOCTYPE …> part.")
    return _node(root, 1, False, report)


def _line(element: etree._Element) -> int:
    line: Any = element.sourceline  # its stub is wrong
    return line or 1


def _node(element: etree._Element, depth: int, opaque: bool, report: Report) -> Node:
    line = _line(element)
    if depth > MAX_DEPTH:
        raise _too_deep(line)
    written = str(element.tag)
    spec = None if opaque else find(written)
    attributes = {str(name): str(value) for name, value in element.attrib.items()}
    if spec is not None:
        if spec.name != written:
            report(Problem(line, written, None, f"Read as <{spec.name}>.", f"Write <{spec.name}>."))
        attributes = _canonical(spec, attributes, line, report)
    tag = spec.name if spec else written
    inside_opaque = opaque or tag in OPAQUE_TAGS
    children = tuple(
        _node(child, depth + 1, inside_opaque, report) for child in element if isinstance(child.tag, str)
    )
    return Node(tag, attributes, children, line, (element.text or "").strip())


def _canonical(spec: Tag, attributes: dict[str, str], line: int, report: Report) -> dict[str, str]:
    """Attributes under the registry's spelling. Of two spellings of one attribute the first counts."""
    spelled: dict[str, str] = {}
    for name, value in attributes.items():
        param = spec.param(name)
        key = param.name if param else name
        if key in spelled:
            report(Problem(line, spec.name, name, f'This repeats "{key}".', "Remove one of them."))
            continue
        spelled[key] = value
    return spelled


def write_xml(node: Node, indent: int = 0) -> str:
    """The node as XML text that reads back as the same tree (line numbers apart)."""
    pad = "  " * indent
    attributes = "".join(f" {name}={_quoted(value)}" for name, value in node.attrs.items())
    if not node.children and not node.text:
        return f"{pad}<{node.tag}{attributes}/>\n"
    text = escape(node.text, {"\r": "&#13;"})
    children = "".join(write_xml(child, indent + 1) for child in node.children)
    if not children:
        return f"{pad}<{node.tag}{attributes}>{text}</{node.tag}>\n"
    return f"{pad}<{node.tag}{attributes}>{text}\n{children}{pad}</{node.tag}>\n"


def _quoted(value: str) -> str:
    return quoteattr(value, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
