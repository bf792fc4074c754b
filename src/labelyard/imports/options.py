"""What a request may ask of an import, from its query and its form."""

import codecs
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import msgspec

from labelyard.dedupe import keys
from labelyard.formats.readers.base import AS_FOUND, CsvTypes, ReadOptions
from labelyard.kit.errors import Invalid
from labelyard.kit.http.query import boolean

OnError = Literal["fail", "skip"]
Mode = Literal["insert", "skip", "update", "upsert"]

_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|", "space": " "}
_QUOTES = {"none": "", "double": '"', "single": "'"}
_MAX_FIELDS = 32  # of a dedupe key
_decode_read = msgspec.json.Decoder(dict[str, ReadOptions]).decode

Query = Mapping[str, Sequence[str]]


class Options(msgspec.Struct, omit_defaults=True):
    """What the request asked for; the `options` of an import's row.

    `dedupe` is a spec of the slice `dedupe`, `read` how files are to be read, `read_by_name` that of single files by
    their name or the id of their upload. `files_as_tasks_list`: None leaves it to the label config. `is_local`: asked for
    on the server's own machine, whose operator the limits of a request do not bind.
    """

    commit_to_project: bool = True
    return_task_ids: bool = False
    preannotated_from_fields: list[str] = []
    on_error: OnError = "fail"
    dry_run: bool = False
    dedupe: str | None = None
    mode: Mode = "insert"
    read: ReadOptions = AS_FOUND
    read_by_name: dict[str, ReadOptions] = {}
    files_as_tasks_list: bool | None = None
    is_local: bool = False

    @property
    def skips(self) -> bool:
        return self.on_error == "skip"

    def read_of(self, name: str, upload: str | None = None) -> ReadOptions:
        """How the file of this name (or resumable upload) is to be read."""
        return self.read_by_name.get(upload or name) or self.read_by_name.get(name) or self.read

    @property
    def dedupe_as_asked(self) -> str | None:
        """`dedupe` as a request spells it."""
        if self.dedupe is None or not keys.fields_of(self.dedupe):
            return self.dedupe
        return ",".join(keys.fields_of(self.dedupe))

    @property
    def is_plain(self) -> bool:
        """Whether the request asked for nothing that Label Studio 1.x does not know."""
        return not (self.skips or self.dry_run or self.dedupe)


def options_of(query: Query) -> Options:
    """The options of a query. Invalid names the parameter, and what it takes."""
    dedupe = _dedupe(query)
    mode: Mode = _choice(query, "mode", Mode) or ("skip" if dedupe else "insert")
    if dedupe is None and mode != "insert":
        raise Invalid({"mode": [f"mode={mode} needs dedupe, which says how a task is known again."]})
    return Options(
        commit_to_project=_boolean(query, "commit_to_project", True),
        return_task_ids=_boolean(query, "return_task_ids", False),
        preannotated_from_fields=_names(query.get("preannotated_from_fields", ()), ",;|"),
        on_error=_choice(query, "on_error", OnError) or "fail",
        dry_run=_boolean(query, "dry_run", False),
        dedupe=dedupe,
        mode=mode,
        read=read_options_of(query),
        files_as_tasks_list=optional_boolean(query, "files_as_tasks_list"),
    )


def read_options_of(query: Query) -> ReadOptions:
    """How all files of a request are to be read."""
    values: dict[str, Any] = {
        "format": _text(query, "format"),
        "encoding": _encoding(_text(query, "encoding")),
        "delimiter": _character(query, "delimiter", _DELIMITERS),
        "quote": _character(query, "quote", _QUOTES),
        "header": optional_boolean(query, "header"),
        "csv_types": _choice(query, "csv_types", CsvTypes),
        "sheet": _text(query, "sheet"),
    }
    return ReadOptions(**{name: value for name, value in values.items() if value is not None})


def read_options_by_name(texts: Sequence[str]) -> dict[str, ReadOptions]:
    """The form field `options`: a JSON object of file names (or ids of uploads) and how each is to be read."""
    found: dict[str, ReadOptions] = {}
    for text in texts:
        if not text.strip():
            continue
        try:
            found.update(_decode_read(text))
        except (msgspec.DecodeError, RecursionError) as error:
            raise Invalid(
                {"options": [f"Expected a JSON object of read options by file name: {error}."]}
            ) from None
    for name, options in found.items():
        _check_read(name, options)
    return found


def _check_read(name: str, options: ReadOptions) -> None:
    for option, limit in (("delimiter", (1,)), ("quote", (0, 1))):
        value = getattr(options, option)
        if value is not None and len(value) not in limit:
            raise Invalid({"options": [f"{name[:100]}: {option} must be one character."]})
    _encoding(options.encoding)


def optional_boolean(query: Query, name: str) -> bool | None:
    """A boolean of a query; None when it is not there."""
    text = _text(query, name)
    return None if text is None else boolean(text, True, name)


def _boolean(query: Query, name: str, default: bool) -> bool:
    return boolean(_text(query, name), default, name)


def _text(query: Query, name: str) -> str | None:
    """The last value of a parameter, as clients of Label Studio 1.x expect; None for none and for an empty one."""
    values = query.get(name)
    return (values[-1] or None) if values else None


def _choice(query: Query, name: str, kind: Any) -> Any:
    word = _text(query, name)
    if word is None:
        return None
    known = get_args(kind)
    if word.lower() not in known:
        raise Invalid({name: [f'"{word[:100]}" is not one of {", ".join(known)}.']})
    return word.lower()


def _character(query: Query, name: str, words: Mapping[str, str]) -> str | None:
    values = query.get(name)
    if not values or (not values[-1] and name != "quote"):
        return None
    text = words.get(values[-1].lower(), values[-1])
    if len(text) > 1 or "\x00" in text:
        raise Invalid({name: [f"Expected one character or one of {', '.join(words)}."]})
    return text


def _encoding(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        known = codecs.lookup(name)
    except (LookupError, ValueError):
        known = None
    # Codecs that turn bytes into bytes (zip, base64) are no encodings of text.
    if known is None or not getattr(known, "_is_text_encoding", True):
        raise Invalid(
            {"encoding": [f'"{name[:100]}" is no known encoding. Examples: utf-8, utf-16, cp1252, gb18030.']}
        )
    return name


def _dedupe(query: Query) -> str | None:
    texts = [text for text in query.get("dedupe", ()) if text.strip()]
    if not texts:
        return None
    if len(texts) == 1 and texts[0].strip() in (keys.CONTENT, keys.EXTERNAL_ID):
        return texts[0].strip()
    names = _names(texts, ",")
    if not names or len(names) > _MAX_FIELDS:
        raise Invalid({"dedupe": [f"Expected content, external_id, or up to {_MAX_FIELDS} data fields."]})
    return keys.spec_of_fields(names)


def _names(texts: Sequence[str], separators: str) -> list[str]:
    names = []
    for text in texts:
        for other in separators[1:]:
            text = text.replace(other, separators[0])
        names += [name.strip() for name in text.split(separators[0]) if name.strip()]
    return list(dict.fromkeys(names))
