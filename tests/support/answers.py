"""What every answer of the API must be like, whatever was asked."""

import re
import uuid
from typing import Any

# Words of our insides. No test input may contain them, because messages may repeat what was sent.
_LEAKS = re.compile(
    r"Traceback|site-packages|/src/labelyard|\bSELECT\b.*\bFROM\b|INSERT INTO|sqlalche\.me|sqlite3\.|psycopg|pydantic_core"
    r"|msgspec\.|starlette|<class '|object at 0x",
    re.DOTALL,
)


def check_answer(answer: Any, *private: str) -> None:
    """No bug, no leak (`private`: paths of the server's directories); an error is in the documented envelope."""
    told = f"{answer.request.method} {answer.request.url} → {answer.status_code} {answer.text[:2000]}"
    assert answer.status_code < 500 or answer.status_code == 501, told
    if not _is_json(answer):
        assert answer.status_code < 400 or not answer.url.path.startswith("/api/"), told
        return
    if answer.status_code >= 400:
        assert not _LEAKS.search(answer.text), told
        assert not any(path in answer.text for path in private), told
        body = answer.json()
        if set(body) == {"label_config"}:  # the faults of a config, as both dialects list them
            assert answer.status_code == 400 and all(
                isinstance(each, str) for each in body["label_config"]
            ), told
            return
        assert {"id", "status_code", "version", "detail", "exc_info"} <= set(body), told
        uuid.UUID(body["id"])
        assert body["status_code"] == answer.status_code and body["exc_info"] is None, told
        assert isinstance(body["detail"], str) and body["detail"], told
        assert ("validation_errors" in body) == (body["detail"] == "Validation error"), told
        if "validation_errors" in body:
            assert body["validation_errors"], told


def _is_json(answer: Any) -> bool:
    return str(answer.headers.get("content-type", "")).startswith("application/json")


def messages(answer: Any) -> str:
    """All of an error as one text, to look for words in it."""
    body = answer.json()
    return f"{body['detail']} {body.get('validation_errors', '')}"
