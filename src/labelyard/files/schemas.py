"""Bodies and answers of the file routes."""

from pydantic import BaseModel, ConfigDict, Field


class FileUpload(BaseModel):
    id: int = Field(examples=[12])
    file: str = Field(
        description="Object key, served under `/data/`.", examples=["upload/3/0f040080-cat.png"]
    )
    size: int | None = Field(description="Bytes.", examples=[48213])


class DeleteUploads(BaseModel):
    model_config = ConfigDict(extra="ignore")

    file_upload_ids: list[int] | None = Field(
        default=None, description="Uploads to delete; all of the project without it.", examples=[[12, 13]]
    )


class Deleted(BaseModel):
    deleted: int = Field(description="How many uploads were deleted.", examples=[2])
