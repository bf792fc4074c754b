"""Values in JSON text columns, as SQL expressions that mean the same on both engines.

A path is a list of object keys. The text of a value is the text of a string, `true` and `false`, the spelling of a
number as it was stored, the JSON without white space of a list or an object, and NULL for null and for what is not
there. `kit.jsonvalues` says the same in Python.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.types import UserDefinedType

from labelyard.kit.db.database import Dialect
from labelyard.kit.jsonvalues import NUMBER

Path = Sequence[str]
Text = ColumnElement[str]
Truth = ColumnElement[bool]

_STRING_OR_SPACE = r'("([^"\\]|\\.)*")|\s+'
_LIKE_SPECIAL = re.compile(r"([\\%_])")


class _Jsonb(UserDefinedType[Any]):
    """The type of PostgreSQL, without loading all that SQLAlchemy knows of that engine."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "JSONB"


class UnwritablePath(ValueError):
    """A key that the embedded engine has no way of writing in a path."""


def _sqlite_paths(keys: Path) -> list[str]:
    """`$."a"."b"`, in the spellings that clients give to keys beyond ASCII: SQLite compares keys as they are written."""
    if any('"' in key for key in keys):
        raise UnwritablePath("a key with a double quote")
    spellings = [
        "$" + "".join(f".{json.dumps(key, ensure_ascii=escaped)}" for key in keys)
        for escaped in (False, True)
    ]
    return list(dict.fromkeys(spellings))


def _first(of_path: Callable[[str], Any], keys: Path) -> ColumnElement[Any]:
    found = [of_path(path) for path in _sqlite_paths(keys)]
    return found[0] if len(found) == 1 else sa.func.coalesce(*found)


def _postgres_value(column: ColumnElement[Any], keys: Path) -> ColumnElement[Any]:
    value: ColumnElement[Any] = sa.cast(column, sa.JSON())
    for key in keys:
        # Text, or a key that looks like a number would be one of a list's places.
        value = value.op("->", return_type=sa.JSON())(sa.cast(sa.literal(key), sa.Text()))
    return value


# --- the kind of a value ------------------------------------------------------------------------------------------


def is_container(dialect: Dialect, column: ColumnElement[Any], keys: Path) -> Truth:
    """Whether the value is a list or an object."""
    if dialect == "postgresql":
        kind: ColumnElement[Any] = sa.func.json_typeof(_postgres_value(column, keys))
    else:
        kind = _first(lambda path: sa.func.json_type(column, path), keys)
    return sa.func.coalesce(kind, "").in_(["array", "object"])


# --- as text ------------------------------------------------------------------------------------------------------


def text_at(dialect: Dialect, column: ColumnElement[Any], keys: Path) -> Text:
    """The text of the value."""
    if dialect == "postgresql":
        value = _postgres_value(column, keys)
        scalar = value.op("#>>", return_type=sa.Text())(sa.text("'{}'"))
        spaced = sa.cast(value, sa.Text())
        minimal = sa.func.regexp_replace(spaced, _STRING_OR_SPACE, r"\1", "g", type_=sa.Text())
        kind = sa.func.json_typeof(value)
        return sa.case((kind.in_(["array", "object"]), minimal), else_=scalar)
    return _first(lambda path: _sqlite_text(column, path), keys)


def _sqlite_text(column: ColumnElement[Any], path: str) -> Text:
    value = sa.func.json_extract(column, path)
    # A second path that no object has makes it a list, in which a number is spelled as it is stored.
    listed = sa.func.json_extract(column, path, "$[0]")
    return sa.case(
        {
            "null": sa.null(),
            "text": value,
            "true": sa.literal("true"),
            "false": sa.literal("false"),
        },
        value=sa.func.coalesce(sa.func.json_type(column, path), "null"),
        else_=sa.func.substr(listed, 2, sa.func.length(listed) - len("[,null]")),
    )


# --- as a number --------------------------------------------------------------------------------------------------


def number_at(dialect: Dialect, column: ColumnElement[Any], keys: Path) -> ColumnElement[float]:
    """The value as a double: a number, or a text that is spelled like one; NULL for everything else."""
    if dialect == "postgresql":
        text = text_at(dialect, column, keys)
        return sa.case((text.regexp_match(NUMBER), sa.cast(text, sa.Double())), else_=sa.null())
    return _first(lambda path: _sqlite_number(column, path), keys)


def _sqlite_number(column: ColumnElement[Any], path: str) -> ColumnElement[float]:
    value, kind = sa.func.json_extract(column, path), sa.func.json_type(column, path)
    # A text is spelled like a number when it is JSON of one; no white space may stand around it.
    spelled = sa.and_(
        kind == "text",
        sa.func.trim(value, " \t\r\n") == value,
        sa.case((sa.func.json_valid(value), sa.func.json_type(value).in_(["integer", "real"])), else_=False),
    )
    return sa.case(
        (sa.or_(kind.in_(["integer", "real"]), spelled), sa.cast(value, sa.REAL())), else_=sa.null()
    )


# --- texts in texts -----------------------------------------------------------------------------------------------


def like_pattern(text: str, *, before: str = "%", after: str = "%") -> str:
    r"""A pattern of LIKE for exactly this text, `\` before what is special in it."""
    return before + _LIKE_SPECIAL.sub(r"\\\1", text) + after


def contains(dialect: Dialect, text: ColumnElement[Any], part: str, *, where: str = "inside") -> Truth:
    """Whether a text contains `part`, upper or lower case; `where`: inside | start | end."""
    before, after = ("" if where == "start" else "%"), ("" if where == "end" else "%")
    if part.isascii():
        pattern = like_pattern(part, before=before, after=after)
        like = text.ilike if dialect == "postgresql" else text.like
        return like(pattern, escape="\\")
    # LIKE of SQLite knows the cases of ASCII only, that of PostgreSQL those of the database's language.
    if dialect == "postgresql":
        pattern = like_pattern(part.lower(), before=before, after=after)
        return sa.func.labelyard_fold(text, type_=sa.Text()).like(pattern, escape="\\")
    folded, wanted = sa.func.labelyard_fold(text), part.casefold()
    if where == "start":
        return sa.func.substr(folded, 1, len(wanted)) == wanted
    if where == "end":
        return sa.func.substr(folded, -len(wanted)) == wanted
    return sa.func.instr(folded, wanted) > 0


def any_contains(dialect: Dialect, column: ColumnElement[Any], keys: Path, part: str) -> Truth:
    """Whether a text, number or boolean anywhere in the value (with no keys: in the whole column) contains `part`."""
    if dialect == "postgresql":
        value = sa.cast(sa.cast(_postgres_value(column, keys), sa.Text()), _Jsonb())
        inside = (
            sa.func.jsonb_path_query(value, sa.text("'strict $.**'")).table_valued("item").render_derived()
        )
        item = inside.c.item
        scalar = sa.func.jsonb_typeof(item).in_(["string", "number", "boolean"])
        return sa.exists(
            sa.select(sa.literal_column("1"))
            .select_from(inside)
            .where(scalar, contains(dialect, item.op("#>>", return_type=sa.Text())(sa.text("'{}'")), part))
        )
    found = []
    for path in _sqlite_paths(keys) if keys else ["$"]:
        tree = sa.func.json_tree(column, path).table_valued("type", "atom")
        text = sa.case({"true": "true", "false": "false"}, value=tree.c.type, else_=tree.c.atom)
        found.append(
            sa.exists(
                sa.select(sa.literal_column("1"))
                .select_from(tree)
                .where(tree.c.atom.is_not(None), contains(dialect, text, part))
            )
        )
    return sa.or_(*found)


def same_json(dialect: Dialect, column: ColumnElement[Any], value: str) -> Truth:
    """Whether a column of JSON text holds the same as the JSON text `value`, however either is written."""
    if dialect == "postgresql":
        return sa.cast(sa.cast(column, sa.Text()), _Jsonb()) == sa.cast(sa.cast(value, sa.Text()), _Jsonb())
    return sa.func.labelyard_canonical(column) == sa.func.labelyard_canonical(value)
