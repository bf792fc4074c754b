"""Takes over a Label Studio 1.x install: its SQLite database and its media.

Ids stay what they are in a table of ours that never gave one; elsewhere a fixed number is added to all of them. All of
it is one transaction. Tables and columns that a release lacks are read as empty.
"""

from labelyard.takeover.install.takeover import InstallTakeover, is_install

__all__ = ["InstallTakeover", "is_install"]
