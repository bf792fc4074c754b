"""`labelyard --help` is quick: it knows the commands without importing them."""

import subprocess
import sys

import click
import pytest
from tests.support.process import clean_environment

from labelyard.cli import COMMANDS, main

HELP = """
import sys
from labelyard.cli import main
main(["--help"], standalone_mode=False)
print(sorted(name for name in sys.modules if name.startswith("labelyard.cli.")))
"""


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_its_own_help_begins_with(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert COMMANDS[name].help == command.get_short_help_str(limit=1000)


def test_the_list_of_commands_imports_none() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HELP],
        env=clean_environment(), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    *shown, imported = done.stdout.splitlines()
    text = " ".join(" ".join(shown).split())
    for name, place in COMMANDS.items():
        assert f" {name} {place.help}" in text
    assert imported == "[]"
