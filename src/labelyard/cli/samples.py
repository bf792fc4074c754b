"""`samples`: projects of our own making, to try everything on."""

from functools import partial
from pathlib import Path

import click
import msgspec

from labelyard.actor import Actor
from labelyard.app import close_context
from labelyard.cli.importing import import_items
from labelyard.cli.inputs import Item
from labelyard.cli.options import data_dir_option
from labelyard.cli.output import say
from labelyard.cli.serving import open_context
from labelyard.context import Context
from labelyard.files import service as files
from labelyard.projects import service as projects
from labelyard.projects.schemas import ProjectFields
from labelyard.samples import SampleProject, sample_projects
from labelyard.settings import load
from labelyard.users import service as users


@click.command()
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@data_dir_option
def samples(*, quiet: bool, data_dir: Path | None) -> None:
    """Add the sample projects: texts, named entities, image boxes, sounds. Those that exist are left as they are."""
    context = open_context(load({"data_dir": data_dir}))
    try:
        actor = context.db.read_sync(users.cli_actor)
        for sample in sample_projects():
            if not context.db.read_sync(projects.title_exists, actor, sample.title):
                _install(context, actor, sample)
                say(f"sample project: {sample.title}", quiet=quiet)
    finally:
        close_context(context)


def _install(context: Context, actor: Actor, sample: SampleProject) -> None:
    fields = ProjectFields(
        title=sample.title, description=sample.description, label_config=sample.label_config
    )
    project_id = int(context.db.write_sync(projects.create, actor, fields)["id"])
    urls = {}
    for file in sample.media:
        key = files.new_key(project_id, file.name)
        size = context.objects.put_bytes(key, file.make())
        context.db.write_sync(
            files.record_upload, project_id, actor.user_id, key=key, name=file.name, size=size
        )
        urls[file.name] = files.upload_url(key)
    items = [
        Item(msgspec.json.encode(task), partial(str, sample.title)) for task in sample.tasks_with_media(urls)
    ]
    import_items(context, actor, project_id, lambda: items, quiet=True)
