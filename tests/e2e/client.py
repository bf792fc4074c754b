"""The REST API as tests use it to set the stage and to look at the outcome."""

from collections.abc import Sequence
from typing import Any, Self

import httpx2


class Client:
    """Projects, tasks and exports of a server in local mode."""

    def __init__(self, url: str) -> None:
        self._http = httpx2.Client(base_url=url, timeout=120)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        return self._json("GET", path, params=query)

    def post(self, path: str, body: Any) -> Any:
        return self._json("POST", path, json=body)

    def patch(self, path: str, body: Any) -> Any:
        return self._json("PATCH", path, json=body)

    def _json(self, method: str, path: str, **options: Any) -> Any:
        answer = self._http.request(method, path, **options)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def project(self, title: str, config: str, tasks: Sequence[dict[str, Any]] = (), **fields: Any) -> int:
        """Make a project with these tasks (data, or data with annotations and predictions); its id."""
        made = self.post("/api/projects", {"title": title, "label_config": config, **fields})
        if tasks:
            self.post(f"/api/projects/{made['id']}/import", list(tasks))
        return int(made["id"])

    def upload(self, project: int, name: str, content: bytes) -> None:
        """Import one file."""
        self._json("POST", f"/api/projects/{project}/import", files={"file": (name, content)})

    def project_named(self, title: str) -> int:
        found = self.get("/api/projects", title=title, page_size=100)["results"]
        return next(int(each["id"]) for each in found if each["title"] == title)

    def tasks(self, project: int) -> list[dict[str, Any]]:
        """The first hundred tasks, with annotations and predictions, by id."""
        page = self.get("/api/tasks", project=project, page_size=100, fields="all")
        return sorted(page["tasks"], key=lambda task: int(task["id"]))

    def annotated(self, project: int) -> list[dict[str, Any]]:
        """The JSON export."""
        exported: list[dict[str, Any]] = self.get(f"/api/projects/{project}/export", exportType="JSON")
        return exported
