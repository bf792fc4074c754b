"""`python -m labelyard.docs docs/reference` writes the reference pages that are made from the program itself."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from labelyard.app import openapi_document
from labelyard.cli import main as command_line
from labelyard.kit.http.openapi import as_form
from labelyard.label.docs import render_reference
from labelyard.settings import WITHOUT_EFFECT, Settings, variables

_METHODS = ("get", "post", "put", "patch", "delete")
_EVERYWHERE = frozenset(
    {"400", "401", "403", "404", "413", "415"}
)  # errors whose meaning the page tells once

_SETTINGS = """# Settings

<!-- Made by `make docs` from labelyard/settings.py; edit that, not this page. -->

A value comes from, the later winning: the default, the `config.json` of a project folder, the settings file, an
environment variable, an option of the command line. `labelyard settings` shows what is in force.

The settings file is TOML with the names of this page as keys; `labelyard start --settings FILE` or the variable
`LABELYARD_SETTINGS` names it:

```toml
host = "0.0.0.0"
public_url = "https://labels.example.org"
max_import_bytes = 1_000_000_000
```

Switches take `true`, `yes`, `on`, `1` and `false`, `no`, `off`, `0`. The older variable names are those of Label
Studio; of several that are set, the first in the list wins.
"""

_IDLE = """## Variables of Label Studio without effect

Known, and named in a warning at the start when one is set. Names of feature flags (`fflag_…`) do nothing either.
"""

_COMMANDS = """# Commands

<!-- Made by `make docs` from labelyard/cli; edit that, not this page. -->

The program has two names, `labelyard` and `label-studio`; both do the same.

| Exit status | Meaning |
|---|---|
| 0 | Done. |
| 1 | The input or the surroundings are wrong: a message says what, where and what to do. Nothing was changed. |
| 2 | The command line is wrong: unknown command or option, missing or impossible value. |
| 130 | Interrupted with Ctrl+C. |

Every command has `-h`, `--help`. Results go to standard output, everything said to a person to standard error. Progress is a bar on a terminal and plain
lines elsewhere.
"""

_ENDPOINTS = """# Endpoints

<!-- Made by `make docs` from the OpenAPI document; edit the routes, not this page. -->

{description}

A running server shows them at `/docs/api`. The full description with examples and schemas (OpenAPI 3.1) is at
`/docs/api/schema/json`; `python -m labelyard.openapi` prints it.

## Errors

| Status | Meaning |
|---|---|
| 400 | The request is wrong; `validation_errors` names each field. Nothing was written. |
| 401 | No credentials, or credentials that do not hold. |
| 403 | The credentials hold, but the role does not allow this. |
| 404 | No such object for this user. An object of somebody else answers the same. |
| 413 | The body is larger than the server takes (settings `max_body_bytes`, `max_import_bytes`). |
| 414 | The address is longer than 65,535 bytes. |
| 415 | The content type is not one that this operation reads. |
| 431 | The headers are larger than 65,536 bytes. |

An operation below names the statuses it can answer; other statuses are explained there. A field with `?` may be left
out.
"""


def pages() -> Mapping[str, Callable[[], str]]:
    """File name → maker of its Markdown."""
    return {
        "settings.md": render_settings,
        "commands.md": render_commands,
        "endpoints.md": render_endpoints,
        "label-config.md": render_reference,
    }


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(head)
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    for row in rows:
        yield f"| {' | '.join(_cell(cell) for cell in row)} |"
    yield ""


# --- settings -----------------------------------------------------------------------------------------------------


def render_settings() -> str:
    """Every setting: name, variables, default, meaning."""
    rows = (
        (
            f"`{each.name}`",
            _default(each.default),
            "<br>".join(f"`{name}`" for name in variables(each.name)),
            each.metadata["doc"] + (" Not shown by `labelyard settings`." if each.metadata["secret"] else ""),
        )
        for each in fields(Settings)
    )
    idle = ((f"`{name}`", reason) for name, reason in WITHOUT_EFFECT.items())
    return "\n".join(
        (
            _SETTINGS,
            *_table(("Setting", "Default", "Variables", "Meaning"), rows),
            _IDLE,
            *_table(("Variable, also with `LABEL_STUDIO_` in front", "Why"), idle),
        )
    )


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value == Path() or value == "":
        return ""
    return f"`{value}`"


# --- commands -----------------------------------------------------------------------------------------------------


def commands() -> Iterator[tuple[click.Context, click.Command]]:
    """Every command of the command line with its context, a group before its commands."""
    yield from _below(click.Context(command_line, info_name="labelyard"), command_line)


def _below(context: click.Context, command: click.Command) -> Iterator[tuple[click.Context, click.Command]]:
    yield context, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _below(click.Context(inner, info_name=name, parent=context), inner)


def render_commands() -> str:
    """Every command: usage, what it does, arguments and options."""
    parts = [_COMMANDS]
    for context, command in commands():
        if context.parent is None:
            continue
        level = "##" if context.parent.parent is None else "###"
        parts.append(f"{level} {context.command_path}\n")
        if isinstance(command, click.Group):
            parts.append(f"{_prose(command.help)}\n")
            continue
        usage = " ".join((context.command_path, *command.collect_usage_pieces(context)))
        parts.append(f"```\n{usage}\n```\n\n{_prose(command.help)}\n")
        options = [
            each for each in command.get_params(context) if isinstance(each, click.Option) and not each.hidden
        ]
        parts.extend(
            _table(("Option", "Value", "Default", "Meaning"), (_option(context, each) for each in options))
        )
    return "\n".join(parts)


def _prose(text: str | None) -> str:
    """The help text of a command as Markdown: `\\b` only forbids click to wrap."""
    lines = (text or "").replace("\b", "").strip().splitlines()
    return "\n".join(line.strip() for line in lines)


def _option(context: click.Context, option: click.Option) -> tuple[str, str, str, str]:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    value = "" if option.is_flag or option.count else f"`{option.make_metavar(context)}`"
    default = option.default if option.show_default and not option.is_flag else ""
    if isinstance(option.type, click.Choice):
        value = " ".join(f"`{choice}`" for choice in option.type.choices)
    return names, value, f"`{default}`" if default not in ("", None) else "", option.help or ""


# --- endpoints ----------------------------------------------------------------------------------------------------


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(method, path, operation) in the order of the document."""
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield method, path, methods[method]


def render_endpoints() -> str:
    """Every operation of the API, by tag: what it does, its parameters, body fields and answers."""
    document = openapi_document()
    parts = [_ENDPOINTS.format(description=document["info"]["description"])]
    for tag in document["tags"]:
        found = [each for each in operations(document) if tag["name"] in each[2].get("tags", [])]
        if found:
            parts.append(f"## {tag['name']}\n\n{tag.get('description', '')}\n")
            parts.extend(_operation(document, *each) for each in found)
    return "\n".join(parts)


def _operation(document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> str:
    lines = [
        f"### {method.upper()} {path}\n",
        f"**{operation.get('summary', '')}.** {operation.get('description', '')}\n",
    ]
    lines.append(f"Who may: {operation['x-who-may']}.\n")
    parameters = [each for each in operation.get("parameters", []) if each["in"] != "path"]
    if parameters:
        rows = ((f"`{each['name']}`", _kind(document, each["schema"]), _about(each)) for each in parameters)
        lines.extend(_table((f"{parameters[0]['in'].capitalize()} parameter", "Type", "Meaning"), rows))
    lines.extend(_bodies(document, operation))
    lines.append(f"Answers {_answers(operation['responses'])}\n")
    return "\n".join(lines)


def _about(parameter: Mapping[str, Any]) -> str:
    text = str(parameter.get("description") or parameter["schema"].get("description", ""))
    default = parameter["schema"].get("default")
    shown = f" Default: `{default}`." if default not in (None, "") else ""
    return ("Required. " if parameter.get("required") else "") + text + shown


def _bodies(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[str]:
    """What the operation reads; content types that read the same, but for null in a form, are named together."""
    content = operation.get("requestBody", {}).get("content", {})
    shapes = {kind: _resolved(document, each.get("schema", {})) for kind, each in content.items()}
    while shapes:
        schema = next(iter(shapes.values()))
        kinds = [kind for kind, other in shapes.items() if other in (schema, as_form(schema))]
        shapes = {kind: other for kind, other in shapes.items() if kind not in kinds}
        yield from _body(document, " or ".join(f"`{kind}`" for kind in kinds), schema)


def _body(document: Mapping[str, Any], kinds: str, schema: Mapping[str, Any]) -> Iterator[str]:
    known = schema.get("properties", {})
    required = schema.get("required", ())
    told = any(each.get("description") for each in known.values())
    if not told:
        names = [
            f"`{name}`{'' if name in required else '?'} {_kind(document, each)}"
            for name, each in known.items()
        ]
        yield f"Body, {kinds}: {', '.join(names) or _kind(document, schema) or 'any'}.\n"
        return
    yield f"Body, {kinds}:\n"
    rows = (
        (
            f"`{name}`",
            _kind(document, each),
            ("Required. " if name in required else "") + each.get("description", ""),
        )
        for name, each in known.items()
    )
    yield from _table(("Field", "Type", "Meaning"), rows)


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def _kind(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """The type of a field in a few words."""
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        kinds = dict.fromkeys(_kind(document, each) for each in options)
        return " or ".join(kind for kind in kinds if kind)
    schema = _resolved(document, schema)
    if "enum" in schema:
        return " ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kind = schema.get("type", "")
    if kind == "array":
        inner = _kind(document, schema.get("items", {}))
        return f"list of {inner}" if inner else "list"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _answers(responses: Mapping[str, Mapping[str, Any]]) -> str:
    good = [
        f"{status}: {_cell(answer['description'])}" for status, answer in responses.items() if status < "400"
    ]
    other = [
        f"{status}: {_cell(answer['description'])}"
        for status, answer in responses.items()
        if status >= "400" and status not in _EVERYWHERE
    ]
    usual = [status for status in responses if status in _EVERYWHERE]
    return " · ".join((*good, *other, *usual))


def main(arguments: list[str] | None = None) -> int:
    """Write the pages into the directory named by the only argument."""
    given = sys.argv[1:] if arguments is None else arguments
    if len(given) != 1:
        sys.stderr.write("usage: python -m labelyard.docs DIRECTORY\n")
        return 2
    target = Path(given[0])
    target.mkdir(parents=True, exist_ok=True)
    for name, render in pages().items():
        (target / name).write_text(render(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
