"""Answers of the routes of resumable uploads."""

from pydantic import BaseModel, Field

EXAMPLE_UPLOAD = {
    "id": "u5f0c3d1a9be84c7796f2a4d0c8b1e6a3",
    "name": "tasks.jsonl",
    "size": 209715200,
    "offset": 8388608,
    "is_finished": False,
    "created_at": "2026-11-22T03:58:35.824760Z",
    "expires_at": "2026-11-23T03:58:37.102211Z",
}


class Upload(BaseModel):
    """A file that comes in pieces."""

    id: str = Field(description="What an import names it by, in the form field `upload`.")
    name: str = Field(description="As its sender called it.")
    size: int = Field(description="Bytes of the whole file.")
    offset: int = Field(description="Bytes that are safely here; the next piece begins there.")
    is_finished: bool = Field(description="Whether all of it is here, so that it can be imported.")
    created_at: str
    expires_at: str = Field(
        description="When it is deleted unless another piece comes or an import takes it."
    )
