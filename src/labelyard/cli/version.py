"""`labelyard version`."""

import platform

import click

from labelyard import __version__


@click.command()
def version() -> None:
    """Print the version and the Python it runs on."""
    click.echo(f"labelyard {__version__}")
    click.echo(f"python {platform.python_version()}")
