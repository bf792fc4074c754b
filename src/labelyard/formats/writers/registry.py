"""The export formats by name: what they are called, when they suit a config, and how they are written.

Names, titles and the conditions follow Label Studio 1.x, so that a script can ask for a format and read its answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from labelyard.formats.writers.base import StoredWriter, Writer
from labelyard.formats.writers.json_min import JsonMinWriter
from labelyard.formats.writers.json_tasks import JsonWriter
from labelyard.formats.writers.tables import TableWriter
from labelyard.label.tree import LabelConfig

_GUIDE = "https://labelstud.io/guide/export.html"
_SEGMENTATION = "image segmentation"
_DETECTION = "object detection"


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """A format of `GET /api/projects/{id}/export`. `make` is None while the format is listed but cannot be written."""

    name: str
    title: str
    description: str
    anchor: str
    tags: tuple[str, ...] = ()
    make: Callable[[LabelConfig], Writer | StoredWriter] | None = None
    extension: str = "zip"
    content_type: str = "application/zip"

    def listed(self) -> dict[str, Any]:
        """The entry of `GET …/export/formats`."""
        entry: dict[str, Any] = {
            "title": self.title,
            "description": self.description,
            "link": f"{_GUIDE}#{self.anchor}",
        }
        if self.tags:
            entry["tags"] = self.tags
        entry["name"] = self.name
        if self.make is None:
            entry["disabled"] = True
        return entry


FORMATS = (
    OutputFormat(
        "JSON",
        "JSON",
        "Every task with its data, annotations and results just as they are stored. Nothing is left out; "
        "the file can be imported again.",
        "JSON",
        make=lambda config: JsonWriter(),
        extension="json",
        content_type="application/json",
    ),
    OutputFormat(
        "JSON_MIN",
        "JSON-MIN",
        "A short list: the task data and each control's answer, one entry per annotation.",
        "JSON",
        make=JsonMinWriter,
        extension="json",
        content_type="application/json",
    ),
    OutputFormat(
        "CSV",
        "CSV",
        "A comma-separated table: one row per annotation, a column for each data key and each control.",
        "CSV",
        make=lambda config: TableWriter(config, ","),
        extension="csv",
        content_type="application/.csv",
    ),
    OutputFormat(
        "TSV",
        "TSV",
        "The same table, separated by tabs.",
        "TSV",
        make=lambda config: TableWriter(config, "\t"),
        extension="csv",
        content_type="application/.csv",
    ),
    OutputFormat(
        "COCO",
        "COCO",
        "Boxes and polygons in one JSON file, as the COCO data sets have them.",
        "COCO",
        (_SEGMENTATION, _DETECTION, "keypoints"),
    ),
    OutputFormat(
        "COCO_WITH_IMAGES",
        "COCO with Images",
        "COCO, together with the image files.",
        "COCO",
        (_SEGMENTATION, _DETECTION, "keypoints"),
    ),
    OutputFormat(
        "VOC",
        "Pascal VOC XML",
        "Boxes in one XML file per image.",
        "Pascal-VOC-XML",
        (_SEGMENTATION, _DETECTION),
    ),
    OutputFormat(
        "YOLO",
        "YOLO",
        "One text file per image with a line for each box or polygon.",
        "YOLO",
        (_SEGMENTATION, _DETECTION, "keypoints"),
    ),
    OutputFormat(
        "YOLO_WITH_IMAGES",
        "YOLO with Images",
        "YOLO, together with the image files.",
        "YOLO",
        (_SEGMENTATION, _DETECTION, "keypoints"),
    ),
    OutputFormat(
        "YOLO_OBB",
        "YOLOv8 OBB",
        "One text file per image with the four corners of each box, for rotated boxes.",
        "YOLO",
        (_SEGMENTATION, _DETECTION),
    ),
    OutputFormat(
        "YOLO_OBB_WITH_IMAGES",
        "YOLOv8 OBB with Images",
        "YOLOv8 OBB, together with the image files.",
        "YOLO",
        (_SEGMENTATION, _DETECTION),
    ),
    OutputFormat(
        "BRUSH_TO_NUMPY",
        "Brush labels to NumPy",
        "Each brush region as a two-dimensional NumPy array.",
        "Brush-labels-to-NumPy-amp-PNG",
        (_SEGMENTATION,),
    ),
    OutputFormat(
        "BRUSH_TO_PNG",
        "Brush labels to PNG",
        "Each brush region as a PNG mask.",
        "Brush-labels-to-NumPy-amp-PNG",
        (_SEGMENTATION,),
    ),
    OutputFormat(
        "BRUSH_TO_COCO",
        "Brush labels to COCO",
        "Brush regions as polygons in one COCO file.",
        "COCO",
        (_SEGMENTATION, "brush annotations"),
    ),
    OutputFormat(
        "CONLL2003",
        "CONLL2003",
        "Tokens with B-, I- and O tags, for training named entity recognition.",
        "CONLL2003",
        ("sequence labeling", "text tagging", "named entity recognition"),
        extension="conll",
        content_type="application/.conll",
    ),
    OutputFormat(
        "ASR_MANIFEST",
        "ASR Manifest",
        "Transcripts of audio, one JSON line each, for training speech recognition.",
        "ASR-MANIFEST",
        ("speech recognition",),
    ),
    OutputFormat(
        "DOCLANG",
        "DocLang (.dclx)",
        "Annotated documents as DocLang archives with their page images.",
        "DOCLANG",
        ("document", "doclang"),
    ),
)
BY_NAME = {kind.name: kind for kind in FORMATS}
AVAILABLE = tuple(kind.name for kind in FORMATS if kind.make is not None)


def listing() -> list[dict[str, Any]]:
    """All formats, those that can be written first."""
    return [kind.listed() for kind in sorted(FORMATS, key=lambda kind: kind.make is None)]
