"""Where a project's tasks come from and its completions go to, as options of 0.x and `config.json` say it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from labelyard.actor import Actor
from labelyard.cli.output import fail, problem_lines, problems_as_failures, say
from labelyard.cli.project_dir import CONFIG_JSON, DEFAULTS, FolderConfig
from labelyard.context import Context
from labelyard.files import service as files
from labelyard.kit.errors import Problem
from labelyard.legacy import storages as words
from labelyard.legacy.schemas import StorageSettings
from labelyard.projects import service as projects
from labelyard.storages import service as storages
from labelyard.storages.connecting import LOCAL_KIND, Keeper
from labelyard.users import service as users

SIDES: tuple[words.Side, ...] = ("source", "target")
_COMPLETIONS = "completions"


@dataclass(frozen=True, slots=True)
class Choice:
    """What was said of one side. `params`: fields of 0.x, credentials among them."""

    type: str
    path: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def in_folder(self) -> bool:
        """Whether it is a directory of completions in the project's own folder."""
        return self.type == words.OWN["target"] and not Path(self.path).is_absolute()


Choices = Mapping[words.Side, Choice]


def section(side: words.Side, kind: str | None, path: str | None, params: Mapping[str, Any]) -> Choice | None:
    """What options say of a side; None for nothing. Ends the program when they do not say what kind it is."""
    if kind is None:
        if path or params:
            fail(f"--{side}-path and --{side}-params belong to --{side}: give that too.")
        return None
    local = words.KINDS[side][kind].kind in (None, LOCAL_KIND)
    if kind == words.OWN["target"]:
        local = False  # below the folder, unless it is absolute
    return Choice(kind, str(Path(path).expanduser().absolute()) if path and local else path or "", params)


def said_in(config: FolderConfig) -> Choices:
    """What `config.json` says, by side. What every folder says is the project's own store, and no storage."""
    found: dict[words.Side, Choice] = {}
    for side in SIDES:
        given = config[side]
        kind, path, params = given.get("type"), str(given.get("path") or ""), given.get("params")
        if (
            not kind
            or given == DEFAULTS[side]
            or (kind == words.OWN["source"] and not Path(path).is_absolute())
        ):
            continue
        found[side] = Choice(str(kind), path, params if isinstance(params, dict) else {})
    return found


def connect(context: Context, actor: Actor, project_id: int, choices: Choices, folder: Path | None) -> None:
    """Set the storages of a project; while its `folder` is not in its place (None), without those that are in it.

    Ends the program when one cannot be had.
    """
    for side, each in choices.items():
        if folder is not None or not each.in_folder:
            with problems_as_failures(f"{side} {each.type}"):
                _connect(context, actor, project_id, side, each, folder)


def follow(context: Context, folder: Path) -> None:
    """Connect what the folder's `config.json` says, where the project has it not; what cannot be had is told."""
    said = said_in(FolderConfig.read(folder / CONFIG_JSON))
    actor = context.db.read_sync(users.cli_actor)
    project = context.db.read_sync(projects.first, actor) if said else None
    if project is None:
        return
    for side, each in said.items():
        row = context.db.read_sync(storages.current, project.id, side)
        if row is not None and words.section(row, side)["path"] == _place(each, folder):
            continue
        try:
            _connect(context, actor, project.id, side, each, folder)
        except Problem as problem:
            reason = " ".join(problem_lines(problem))
            say(f"WARNING: the {side} storage ({each.type}) is not connected: {reason}")


def _connect(
    context: Context, actor: Actor, project_id: int, side: words.Side, choice: Choice, folder: Path | None
) -> None:
    given = {"path": choice.path or None, **choice.params}
    if folder is not None and choice.in_folder:
        given["path"] = _place(choice, folder)
        Path(given["path"]).mkdir(exist_ok=True)
    kind, new, keeper = words.meant(side, choice.type, given), None, Keeper.of(context)
    if kind == LOCAL_KIND:
        # Whoever starts the server on this machine may open its directories.
        place = Path(str(given["path"]))
        context.db.write_sync(
            lambda conn: files.register_directory(conn, project_id, place, writable=side == "target")
        )
    if kind is not None:
        fields = words.fields_of(side, kind, _checked(side, given))
        before = context.db.read_sync(storages.current, project_id, side)
        if before is not None and before.kind != kind:
            before = None
        new = context.db.read_sync(storages.draft, keeper, actor, project_id, kind, side, fields, before)
        storages.connect(keeper, new)
    made = context.db.write_sync(storages.set_current, keeper, actor, new, project_id, side)
    if made is not None:
        context.db.write_sync(storages.ask, context.deliveries, made)


def _checked(side: words.Side, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return StorageSettings.model_validate(given).model_dump(exclude_none=True)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        fail(f"--{side}-params: {fault['loc'][0]}: {fault['msg']}.")


def _place(choice: Choice, folder: Path) -> str:
    return str((folder / (choice.path or _COMPLETIONS)).resolve()) if choice.in_folder else choice.path
