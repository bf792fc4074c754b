"""ML backends that a command line or `config.json` names, as `{"url", "name"}`."""

from collections.abc import Mapping, Sequence
from typing import Any

from labelyard.actor import Actor
from labelyard.cli.output import problem_lines, say
from labelyard.context import Context
from labelyard.kit.errors import Problem
from labelyard.legacy import models
from labelyard.ml import calling

Named = Mapping[str, Any]


def connect_backends(context: Context, actor: Actor, project_id: int, named: Sequence[Named]) -> list[Named]:
    """Connect those that the project has not; the ones that are not there, which are told and tried at the next start."""
    known = {each["url"] for each in context.db.read_sync(models.of_project, actor, project_id)}
    missing: list[Named] = []
    for each in named:
        url, name = each["url"].rstrip("/"), each.get("name") or ""
        if url in known:
            continue
        try:
            body = context.db.read_sync(
                models.new_backend, actor, project_id, f"{name}={url}" if name else url
            )
            calling.connect_new(context, actor, body)
        except Problem as problem:
            say(f"WARNING: the ML backend {url} is not connected: {' '.join(problem_lines(problem))}")
            missing.append(each)
    return missing
