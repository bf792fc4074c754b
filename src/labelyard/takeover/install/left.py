"""What of a 1.x install is not taken over, told with its number so that nothing is lost silently."""

from labelyard.takeover.install.work import Work

_LEFT = {
    "tasks_failedprediction": "failed predictions of prompts",
    "ml_models_modelinterface": "prompts",
    "ml_model_providers_modelproviderconnection": "connections to model providers",
    "data_export_export": "export snapshots: make them again",
}  # fmt: skip
_OTHER_STORAGES = ("gcs", "azureblob", "redis")


def tell_what_is_left(work: Work) -> None:
    """Add the notes."""
    notes, source = work.report.notes, work.source
    stores = sum(
        source.count(f"io_storages_{kind}{way}storage")
        for kind in _OTHER_STORAGES
        for way in ("import", "export")
    )
    if stores:
        notes.append(f"{stores} storages of Google Cloud, Azure or Redis: connect them again.")
    for table, text in _LEFT.items():
        if number := source.count(table):
            notes.append(f"{number} {text}.")
    pictures = source.count("htx_user", "avatar <> ''") if source.has("htx_user", "avatar") else 0
    if pictures:
        notes.append(f"{pictures} pictures of people.")
