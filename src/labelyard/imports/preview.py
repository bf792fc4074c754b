"""What the files of an import would be read as, before anything is imported."""

from pathlib import Path
from typing import Any

import msgspec

from labelyard.context import Context
from labelyard.formats.readers import registry
from labelyard.formats.readers.base import BadRow, Preview, ReadError, Source
from labelyard.formats.readers.registry import HEAD_BYTES, InputFormat, find
from labelyard.imports.gather import gather
from labelyard.imports.layout import is_one_task
from labelyard.imports.model import Origin, SourceFile
from labelyard.imports.options import Options
from labelyard.kit.errors import Invalid
from labelyard.label.config import parse
from labelyard.label.tree import LabelConfig

ROWS = 20  # that are shown
BODY_NAME = "body.json"


def previews(
    ctx: Context, project_id: int, label_config: str, origin: Origin, options: Options
) -> list[dict[str, Any]]:
    """One preview a file, archives taken apart and addresses fetched. Invalid for what cannot be opened at all."""
    gather(ctx, project_id, origin)
    config = parse(label_config)
    if origin.body is not None:
        shown = _preview(config, SourceFile(BODY_NAME, origin.body, origin.size), options)
        if not shown["rows"] and shown["error"]:
            raise Invalid(f"load_tasks: the request body cannot be read: {shown['error']}")
        return [shown]
    return [_preview(config, file, options) for file in origin.files]


def _preview(config: LabelConfig, file: SourceFile, options: Options) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": file.name,
        "upload": file.upload,
        "size": file.size,
        "format": None,
        "options": {},
        "columns": [],
        "types": {},
        "rows": [],
        "sheets": [],
        "notes": [],
        "missing": [],
        "files_as_tasks_list": True,
        "error": None,
    }
    broken: list[BadRow] = []
    source = Source(
        Path(file.path),
        file.name,
        file.url,
        config.first_data_key or "",
        options.read_of(file.name, file.upload),
        broken.append,
    )
    try:
        kind = _kind(source)
        shown["format"] = kind.name
        found = registry.preview(source, ROWS)
    except ReadError as error:
        shown["error"] = str(error)
        return shown
    shown |= _found(found)
    shown["notes"] += [f"Line {bad.row} is wrong: {bad.error}" for bad in broken[:ROWS]]
    shown["files_as_tasks_list"] = as_list = not is_one_task(config, options, kind, source)
    if kind.single_value or not as_list:
        shown["error"] = _too_many_keys(config)
    elif found.rows:
        shown["missing"] = _missing(config, found)
    return shown


def _kind(source: Source) -> InputFormat:
    with source.path.open("rb") as opened:
        return find(source.name, opened.read(HEAD_BYTES), source.options)


def _found(found: Preview) -> dict[str, Any]:
    return {
        "format": found.options.format,
        "options": msgspec.to_builtins(found.options),
        "columns": found.columns,
        "types": found.types,
        "rows": found.rows,
        "sheets": found.sheets,
        "notes": list(found.notes),
    }


def _missing(config: LabelConfig, found: Preview) -> list[str]:
    """Data keys of the config that no row has."""
    return [
        name
        for name in config.data_keys
        if not any(name in row or name.partition(".")[0] in row for row in found.rows)
    ]


def _too_many_keys(config: LabelConfig) -> str | None:
    if len(config.data_keys) < 2:
        return None
    names = ", ".join(config.data_keys)
    return f"The label config reads more than one data key ({names}); such a file gives one value. Use JSON or CSV."
