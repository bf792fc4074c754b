"""Makes the directory of a Label Studio 0.x project, as releases 0.8 wrote it, with what is hard about real ones."""

import hashlib
import json
from pathlib import Path
from typing import Any

CONFIG = '<View><Text name="t" value="$text"/><Choices name="c" toName="t"><Choice value="a"/><Choice value="b"/></Choices></View>'
MADE_AT = 1_600_000_000


def result(choice: str) -> list[dict[str, Any]]:
    return [{"id": "x", "from_name": "c", "to_name": "t", "type": "choices", "value": {"choices": [choice]}}]


def completion(number: int, choice: str = "a", **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "created_at": MADE_AT + number % 1000,
        "lead_time": 1.5,
        "result": result(choice),
        **more,
    }


def upload(directory: Path, name: str, content: bytes) -> str:
    """Store a file as the old server did; the address that its tasks show."""
    stored = f"{hashlib.md5(content).hexdigest()}-{name}"
    (directory / "upload").mkdir(exist_ok=True)
    (directory / "upload" / stored).write_bytes(content)
    return f"http://localhost:8080/data/upload/{stored}"


def write_completions(directory: Path, task_id: int, data: Any, completions: Any, **more: Any) -> Path:
    path = directory / "completions" / f"{task_id}.json"
    record = {"id": task_id, "data": data, "completions": completions, **more}
    path.write_text(json.dumps(record, indent=2, sort_keys=True))
    return path


def make(
    directory: Path, *, tasks: int = 12, config: str = CONFIG, text: str = "größe", **settings: Any
) -> Path:
    """Tasks 0, 1, 2…; every third is labeled, every sixth of these skipped. Task 1 has a prediction and a file."""
    (directory / "completions").mkdir(parents=True)
    given = {
        "title": "Old letters", "description": "default", "protocol": "http://", "host": "0.0.0.0", "port": 8080,
        "label_config": "config.xml", "input_path": "tasks.json", "output_dir": "completions",
        "instruction": "<b>Tone</b> first", "allow_delete_completions": True, "sampling": "sequential",
        "ml_backends": [], "source": {"name": "Tasks", "type": "tasks-json", "path": "tasks.json"},
        "target": {"name": "Completions", "type": "completions-dir", "path": "completions"},
        "editor": {"debug": False}, **settings,
    }  # fmt: skip
    (directory / "config.json").write_text(json.dumps(given, indent=2))
    (directory / "config.xml").write_text(config)
    address = upload(directory, "ein Bild ä.txt", b"a file")
    records: dict[str, Any] = {}
    for number in range(tasks):
        records[str(number)] = {"id": number, "data": {"text": f"{text} {number} 😀"}}
        if number % 3 == 0:
            more: dict[str, Any] = {"was_cancelled": True} if number % 18 == 3 else {}
            data = records[str(number)]["data"]
            write_completions(directory, number, data, [completion(number * 1000 + 1, **more)])
    if tasks > 1:
        guess = {"result": result("b"), "score": 0.25, "model_version": "m1"}
        records["1"] |= {"data": {"text": address}, "predictions": [guess]}
    (directory / "tasks.json").write_text(json.dumps(records))
    return directory


def change_tasks(directory: Path, change: Any) -> None:
    """Let `change` alter what is in tasks.json."""
    path = directory / "tasks.json"
    records = json.loads(path.read_text())
    change(records)
    path.write_text(json.dumps(records))
