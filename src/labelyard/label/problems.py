"""What is wrong with a label config, said so that its author can cure it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: where (line from 1, tag, attribute), what, and how to cure it."""

    line: int
    tag: str | None
    attribute: str | None
    message: str
    cure: str

    def __str__(self) -> str:
        where = f"line {self.line}"
        if self.tag:
            where += f", <{self.tag}>" if not self.attribute else f", <{self.tag} {self.attribute}>"
        return f"{where}: {self.message} {self.cure}".rstrip()


class LabelConfigError(Exception):
    """A label config that cannot be used; `problems` holds every fault that was found, in order of line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @property
    def messages(self) -> list[str]:
        """One text per fault, as shown under `validation_errors.label_config`."""
        return [str(problem) for problem in self.problems]
