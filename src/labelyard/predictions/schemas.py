"""Bodies of the prediction operations."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat


class PredictionFields(BaseModel):
    model_config = ConfigDict(extra="ignore", protected_namespaces=())

    task: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    result: Any = Field(
        None,
        description="Result items `{id, from_name, to_name, type, value, …}` that fit the label config. Short forms of one "
        "item: a text for the first control with that choice (or TextArea), a number for the first Rating or "
        "Number, an object that is the `value`.",
        json_schema_extra={
            "anyOf": [
                {"type": "array", "items": {"type": "object"}},
                {"type": "object"},
                {"type": "string"},
                {"type": "number"},
            ]
        },
    )
    score: FiniteFloat | None = Field(None, description="Confidence, 0 to 1.")
    model_version: Annotated[str, Field(max_length=10_000)] | None = None
    cluster: Annotated[int, Field(ge=-(2**31), le=2**31 - 1)] | None = None
    mislabeling: FiniteFloat | None = None
