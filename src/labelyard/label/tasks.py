"""Checks raw tasks against a label config without turning them into Python objects for good.

A task is `{"data": {…}, "annotations": […], …}`, or just the object that is the data. Compatible with the task import of
Label Studio 1.x and 0.x (`completions` is the older name of `annotations`).
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

from labelyard.label.config import parse
from labelyard.label.fitting import DataFitting
from labelyard.label.jsontext import JsonFault, check_text
from labelyard.label.tags.model import JsonType
from labelyard.label.tree import DataKey, LabelConfig

_PYTHON_TYPES: Mapping[JsonType, Any] = {
    JsonType.STR: str,
    JsonType.INT: int | bool,
    JsonType.FLOAT: float,
    JsonType.LIST: list,
    JsonType.DICT: dict,
    JsonType.NULL: None,
}
_NAMES: Mapping[JsonType, str] = {
    JsonType.STR: "string",
    JsonType.INT: "number",
    JsonType.FLOAT: "number",
    JsonType.LIST: "list",
    JsonType.DICT: "object",
    JsonType.NULL: "null",
}
_ASSUMED_ROOT = "[assume: item as is = task root with values]"
_ASSUMED_DATA = '[assume: item["data"] = task root with values]'


class TaskProblem(Exception):
    """Why an item cannot be a task: `index` from 0 in the list sent, the `key` at fault when there is one."""

    def __init__(self, index: int, key: str | None, message: str, assume: str = "") -> None:
        self.index = index
        self.key = key
        self.message = message
        self.assume = assume
        super().__init__(f"Error at item {index}: {message}{f' {assume}' if assume else ''}")


class CheckedTask(msgspec.Struct, frozen=True, gc=False):
    """A task that fits its config. `data`, `meta` and the items of the lists are JSON text as it was sent."""

    index: int
    data: bytes
    meta: bytes | None = None
    annotations: tuple[bytes, ...] = ()
    predictions: tuple[bytes, ...] = ()
    drafts: tuple[bytes, ...] = ()
    fields: Mapping[str, Any] = {}
    """Other known fields of the item that had a value: overlap, inner_id, allow_skip and so on, and `id`."""


class _Envelope(msgspec.Struct, gc=False):
    """What may stand beside `data`. Everything is Raw, so that a wrong type is told in our words."""

    data: Raw | UnsetType = UNSET
    annotations: Raw | UnsetType = UNSET
    completions: Raw | UnsetType = UNSET
    predictions: Raw | UnsetType = UNSET
    drafts: Raw | UnsetType = UNSET
    meta: Raw | UnsetType = UNSET
    id: Raw | UnsetType = UNSET
    inner_id: Raw | UnsetType = UNSET
    overlap: Raw | UnsetType = UNSET
    allow_skip: Raw | UnsetType = UNSET
    file_upload: Raw | UnsetType = UNSET
    created_at: Raw | UnsetType = UNSET
    updated_at: Raw | UnsetType = UNSET
    precomputed_agreement: Raw | UnsetType = UNSET


# `{"data":…}` and a little space: nothing else fits beside the data.
_BARE_WRAP = len('{"data":}') + 3
_FIELDS = tuple(name for name in _Envelope.__struct_fields__[6:])
_envelope = msgspec.json.Decoder(_Envelope).decode
_raw_list = msgspec.json.Decoder(list[Raw]).decode
_decode_any = msgspec.json.Decoder().decode


class _Labelled(msgspec.Struct, gc=False):
    result: Raw | UnsetType = UNSET


_labelled = msgspec.json.Decoder(_Labelled).decode


def _plain(key: DataKey) -> bool:
    return "." not in key.name


def _union(types: Iterable[JsonType]) -> Any:
    wanted = [_PYTHON_TYPES[kind] for kind in types]
    union: Any = wanted[0] if wanted[0] is not None else type(None)
    for kind in wanted[1:]:
        union = union | kind
    return union


def _opens(raw: Raw | bytes) -> bytes:
    """The first byte of a JSON value, which tells its type."""
    return bytes(memoryview(raw)[:1])


def _absent(raw: Raw | UnsetType) -> bool:
    return raw is UNSET or bytes(raw) == b"null"


class TaskValidator:
    """The check of one label config. Make it with `compile_validator`; it holds no state and is thread-safe.

    `fitting` is the same for the data of many tasks at once; None where the config reads parts of a value.
    """

    def __init__(self, config: LabelConfig) -> None:
        self.keys = tuple(config.data_keys.values())
        self._paths = tuple(key for key in self.keys if not _plain(key))
        self._wants_data = "data" in config.data_keys
        types = {key.name: _union(sorted(key.types)) for key in self.keys}
        self.fitting = None if self._paths or self._wants_data else DataFitting(types)
        fields: list[tuple[str, Any, Any]] = [
            (f"f{number}", _union(sorted(key.types)), msgspec.field(name=key.name))
            for number, key in enumerate(filter(_plain, self.keys))
        ]
        if not self._wants_data:
            # Seen in the same pass: whether the item is the data or carries it.
            fields.append(("data", Raw | UnsetType, msgspec.field(default=UNSET)))
        required = msgspec.defstruct("_Data", fields, gc=False, kw_only=True)
        self._decode = msgspec.json.Decoder(required).decode

    def check(self, raw: bytes | Raw, index: int = 0, *, well_formed: bool = False) -> CheckedTask:
        """Check one item of JSON text; `index` is its place in the list sent. Raises TaskProblem.

        `well_formed`: the item is part of a text that passed `kit.rawjson`, so that its JSON need not be looked at again.
        """
        item = raw if isinstance(raw, bytes) else bytes(raw)
        if not well_formed:
            try:
                check_text(item)
            except JsonFault as fault:
                raise TaskProblem(index, fault.path or None, str(fault)) from None
        if b'"data"' in item or self._wants_data:
            return self._check_item(item, index)
        try:
            seen = self._decode(item)
        except msgspec.DecodeError:
            return self._check_item(item, index)
        if getattr(seen, "data", UNSET) is not UNSET:
            return self._check_item(item, index)
        if self._paths:
            self._check_keys(self._paths, item, index, _ASSUMED_ROOT)
        return CheckedTask(index, item)

    def _check_item(self, item: bytes, index: int) -> CheckedTask:
        """Items that carry their data under `data`, and items with a fault, which is named here."""
        try:
            envelope = _envelope(item)
        except msgspec.ValidationError:
            raise TaskProblem(index, None, _ROOT_MESSAGE) from None
        data = envelope.data
        if isinstance(data, UnsetType) or _absent(data) or (self._wants_data and _opens(data) != b"{"):
            self._check_data(item, index, _ASSUMED_ROOT)
            return CheckedTask(index, item)
        if _opens(data) != b"{":
            message = (
                "Task[data] must be dict or list"
                if _opens(data) != b"["
                else "Task[data] must be an object, not a list"
            )
            raise TaskProblem(index, "data", message)
        text = bytes(data)
        self._check_data(text, index, _ASSUMED_DATA)
        if len(item) - len(text) <= _BARE_WRAP:
            return CheckedTask(index, text)
        if envelope.completions is not UNSET and _absent(envelope.annotations):
            envelope.annotations = envelope.completions
        meta = (
            None if isinstance(envelope.meta, UnsetType) or _absent(envelope.meta) else bytes(envelope.meta)
        )
        if meta is not None and meta[:1] not in (b"{", b"["):
            raise TaskProblem(index, "meta", "Task[meta] must be dict or list")
        return CheckedTask(
            index,
            text,
            meta,
            _results(envelope.annotations, index, "annotations", "annotation"),
            _results(envelope.predictions, index, "predictions", "prediction"),
            _results(envelope.drafts, index, "drafts", "draft"),
            {name: _decode_any(value) for name in _FIELDS if (value := getattr(envelope, name)) is not UNSET},
        )

    def _check_data(self, text: bytes, index: int, assume: str) -> None:
        keys = self._paths
        try:
            self._decode(text)
        except msgspec.ValidationError:
            # The exact check names the fault; it also passes a repeated key whose last value is right.
            keys = self.keys
        if keys or text[:1] != b"{":
            self._check_keys(keys, text, index, assume)

    def _check_keys(self, keys: tuple[DataKey, ...], text: bytes, index: int, assume: str) -> None:
        """Raise the first fault in the order of the config."""
        data = _decode_any(text)
        if not isinstance(data, dict):
            raise TaskProblem(index, None, _ROOT_MESSAGE)
        for key in keys:
            _check_key(key, data, index, assume)


_ROOT_MESSAGE = 'Task root must be dict with "data", "meta", "annotations", "predictions" fields'


def _check_key(key: DataKey, data: dict[str, Any], index: int, assume: str) -> None:
    missing = TaskProblem(index, key.name, f'"{key.name}" key is expected in task data', assume)
    value: Any = data
    if key.name in data:
        value = data[key.name]
    else:
        for part in key.name.split("."):
            if not isinstance(value, dict) or part not in value:
                raise missing
            value = value[part]
    if not any(_is(value, kind) for kind in key.types):
        *others, last = dict.fromkeys(_NAMES[kind] for kind in JsonType if kind in key.types)
        takes = f"{', '.join(others)} or {last}" if others else last
        message = f'"{key.name}" is {_type_name(value)}, but the tag {key.tag} takes: {takes}'
        raise TaskProblem(index, key.name, message, assume)


def _is(value: Any, kind: JsonType) -> bool:
    if kind is JsonType.INT:
        return isinstance(value, int)
    if kind is JsonType.NULL:
        return value is None
    return isinstance(value, _PYTHON_TYPES[kind])


def _type_name(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    return {str: "a string", int: "a number", float: "a number", list: "a list", dict: "an object"}[
        type(value)
    ]


def _results(raw: Raw | UnsetType, index: int, key: str, noun: str) -> tuple[bytes, ...]:
    """The items of a list of annotations or predictions, each an object with a `result`."""
    if isinstance(raw, UnsetType) or _absent(raw):
        return ()
    if _opens(raw) != b"[":
        raise TaskProblem(index, key, f"Task[{key}] must be list")
    items = tuple(bytes(item) for item in _raw_list(raw))
    for number, item in enumerate(items):
        where = f"{key}[{number}]"
        if item[:1] != b"{":
            raise TaskProblem(index, where, f"{where}: {noun.capitalize()} must be an object")
        result = _labelled(item).result
        if isinstance(result, UnsetType):
            raise TaskProblem(index, where, f'{where}: {noun.capitalize()} must have "result" fields')
        # A prediction may hold a short form of its result, which the check of predictions judges.
        if noun != "prediction" and _opens(result) != b"[":
            raise TaskProblem(index, where, f'{where}: "result" field in {noun} must be list')
    return items


def compile_validator(config: LabelConfig) -> TaskValidator:
    """The task check of a config. Keep it as long as the config lasts: making it takes about a millisecond."""
    return TaskValidator(config)


def benchmark(tasks: int = 200_000, *, wrapped: bool = False) -> float:
    """Tasks checked per second on one core, for a config with two data fields; `wrapped` puts them under `data`."""
    config = parse(
        '<View><Text name="t" value="$text"/><Header value="$title"/>'
        '<Choices name="c" toName="t"><Choice value="a"/></Choices></View>'
    )
    item = (
        b'{"id":17,"title":"Third letter","text":"'
        + b"The ferry leaves at nine from the old pier. " * 3
        + b'","n":0.5}'
    )
    if wrapped:
        item = b'{"data":' + item + b"}"
    check = compile_validator(config).check
    start = time.perf_counter()
    for index in range(tasks):
        check(item, index)
    return tasks / (time.perf_counter() - start)
