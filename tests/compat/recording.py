"""Which methods a client library has, and which of them were called with success."""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from label_studio_sdk.client import LabelStudio

# Every name by which a method of the client was called and returned.
CALLED: set[str] = set()


def resources(owner: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The client's resources, nested ones too: dotted path → object; "" is the client itself."""
    yield path, owner
    for name in sorted(_public(type(owner))):
        if isinstance(inspect.getattr_static(type(owner), name), property) and name != "with_raw_response":
            yield from resources(getattr(owner, name), f"{path}.{name}".removeprefix("."))
    for name, value in sorted(vars(owner).items()):
        if not name.startswith("_") and _is_resource(value):
            yield from resources(value, f"{path}.{name}".removeprefix("."))


def methods(client: LabelStudio) -> dict[str, Any]:
    """Dotted name of every method of the client → the resource that has it."""
    return {
        f"{path}.{name}": owner
        for path, owner in resources(client)
        if path
        for name in _public(type(owner))
        if inspect.isfunction(inspect.getattr_static(type(owner), name))
    }


def record(client: LabelStudio) -> LabelStudio:
    """The client, with every method noting its name in `CALLED` when it returns."""
    for name, owner in methods(client).items():
        method = name.rpartition(".")[2]
        setattr(owner, method, _noting(name, getattr(owner, method)))
    return client


def public_methods(kind: type, prefix: str) -> list[str]:
    """Names of the methods that a class defines, with a prefix."""
    return [
        f"{prefix}.{name}" for name in _public(kind) if inspect.isfunction(inspect.getattr_static(kind, name))
    ]


def record_class(kind: type, prefix: str, patch: Callable[[type, str, Any], None]) -> None:
    """Let every method of a class note its name; `patch` is `monkeypatch.setattr` or the like."""
    for name in _public(kind):
        function = inspect.getattr_static(kind, name)
        if inspect.isfunction(function):
            patch(kind, name, _noting(f"{prefix}.{name}", function))


def _noting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        answer = function(*args, **kwargs)
        CALLED.add(name)
        return answer

    return call


def _public(kind: type) -> list[str]:
    return [name for name in dir(kind) if not name.startswith("_")]


def _is_resource(value: Any) -> bool:
    return type(value).__module__.startswith("label_studio_sdk.") and type(value).__name__.endswith("Client")
