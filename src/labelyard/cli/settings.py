"""`labelyard settings`: every setting, its value here and where it can be set."""

from dataclasses import fields

import click

from labelyard.settings import Settings, load, variables


@click.command("settings")
def settings_() -> None:
    """List every setting with its value, its environment variables and its meaning."""
    current = load()
    for each in fields(Settings):
        value = (
            "(set)"
            if each.metadata["secret"] and getattr(current, each.name)
            else getattr(current, each.name)
        )
        click.echo(f"{each.name} = {value}")
        click.echo(f"    {', '.join(variables(each.name))}")
        click.echo(f"    {each.metadata['doc']}")
