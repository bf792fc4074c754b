"""Fixtures for every test; the engines come from `tests.support.engines`."""

pytest_plugins = ["tests.support.engines"]
