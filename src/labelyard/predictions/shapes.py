"""A row of a prediction as the API shows it (compatible with Label Studio 1.x, field order included)."""

from typing import Any

import msgspec

from labelyard.kit.clock import iso
from labelyard.kit.phrases import ago
from labelyard.predictions.queries import AnyRow


def prediction_dict(row: AnyRow, now: int) -> dict[str, Any]:
    return {
        "id": row.id,
        "result": msgspec.Raw(row.result.encode()),
        "model_version": row.model_version,
        "created_ago": ago(row.created_at, now),
        "score": row.score,
        "cluster": row.cluster,
        "neighbors": None,
        "mislabeling": row.mislabeling,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "model": None,
        "model_run": None,
        "task": row.task_id,
        "project": row.project_id,
    }
