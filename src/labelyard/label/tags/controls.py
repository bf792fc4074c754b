"""Tags that ask for something and write results, and their children.

Result types and value shapes are compatible with Label Studio 1.x. Coordinates are percent of the unrotated image,
text offsets are Unicode code points with the end exclusive, sound offsets are seconds, video offsets are frames from 1.
"""

from labelyard.label.tags.model import JsonType, Kind, Tag, params, shape

_WHEN = (
    "visibleWhen:region-selected|no-region-selected|choice-selected|choice-unselected; whenTagName:string; "
    "whenLabelValue:string; whenChoiceValue:string; whenRole:string"
)
_BASE = "name!:string; toName!:string"
_ANSWER = f"{_BASE}; required:bool=false; requiredMessage:string; perRegion:bool; perItem:bool; {_WHEN}"
_TOOL = f"{_BASE}; smart:bool; smartOnly:bool; {_WHEN}"
_LABELS = (
    f"{_TOOL}; choice:single|multiple=single; maxUsages:number; showInline:bool=true; allowEmpty:bool; value:string; "
    "required:bool=false; requiredMessage:string"
)
_LINE = "fillColor:string; strokeColor:string=#f48a42; strokeWidth:number=1"
_SNAP = "snap:pixel|none=none"
_POINTS = "pointSize:small|medium|large=small; pointStyle:rectangle|circle=circle"
_PATH = (
    "closable:bool=false; curves:bool=false; skeleton:bool=false; minPoints:number; maxPoints:number; "
    "pointSizeEnabled:number=5; pointSizeDisabled:number=3"
)

_IMAGE = ("Image",)
_VIDEO = ("Video",)
_OPTIONS = (JsonType.LIST, JsonType.STR)

_BOX = "x:percent; y:percent; width:percent; height:percent; rotation?:degrees"
_ELLIPSE = "x:percent; y:percent; radiusX:percent of width; radiusY:percent of height; rotation?:degrees"
_POLYGON = "points:[[percent, percent]]; closed?:bool"
_KEYPOINT = "x:percent; y:percent; width?:percent of image width"
_BRUSH = "format?:rle; rle:[byte]"
_BITMASK = "imageDataURL:string; format?:string"
_VECTOR = "vertices:[{id?, x, y, prevPointId?, isBezier?, controlPoint1?, controlPoint2?}]; closed?:bool"


def _tool(name: str, summary: str, extra: str, value: str, targets: tuple[str, ...] = _IMAGE) -> Tag:
    """A control that draws without a label."""
    return Tag(
        name, Kind.CONTROL, summary, params(f"{_TOOL}; {extra}" if extra else _TOOL), targets=targets,
        result_type=name.lower(), value=shape(value), region=True, geometry=True,
    )  # fmt: skip


def _labels(name: str, summary: str, extra: str, value: str, targets: tuple[str, ...], key: str = "") -> Tag:
    """A control whose labels are chosen while a region is made."""
    key = key or name.lower()
    return Tag(
        name, Kind.CONTROL, summary, params(f"{_LABELS}; {extra}" if extra else _LABELS),
        children=("Label",), needs=("Label",), targets=targets, result_type=name.lower(), result_key=key,
        value=shape(f"{value}; {key}:[label]"), data_types=_OPTIONS, dynamic=True, region=True,
    )  # fmt: skip


def _answer(name: str, summary: str, extra: str, key: str, kind: str, **rest: object) -> Tag:
    """A control whose answer is about the task or, with perRegion, about a region."""
    return Tag(
        name, Kind.CONTROL, summary, params(f"{_ANSWER}; {extra}" if extra else _ANSWER),
        result_type=name.lower(), result_key=key, value=shape(f"{key}:{kind}"), **rest,  # type: ignore[arg-type]
    )  # fmt: skip


_LABEL_CONTROLS = (
    Tag(
        "Labels",
        Kind.CONTROL,
        "Labels for spans of text, stretches of sound, and shapes drawn with a plain tool.",
        params(f"{_LABELS}; opacity:number=0.6; {_LINE}"),
        children=("Label",),
        needs=("Label",),
        result_type="labels",
        result_key="labels",
        value=shape("start:offset or seconds; end:offset or seconds; text?:string; channel?:number; labels:[label]"),
        data_types=_OPTIONS,
        dynamic=True,
        region=True,
    ),
    _labels("RectangleLabels", "Labelled boxes on an image.",
            f"opacity:number=0.6; {_LINE}; canRotate:bool=true; {_SNAP}", _BOX, _IMAGE),
    _labels("PolygonLabels", "Labelled polygons on an image.",
            f"opacity:number=0.2; {_LINE}; {_POINTS}; {_SNAP}", _POLYGON, _IMAGE),
    _labels("EllipseLabels", "Labelled ellipses on an image; x and y are the centre.",
            f"opacity:number=0.6; {_LINE}; canRotate:bool=true", _ELLIPSE, _IMAGE),
    _labels("KeyPointLabels", "Labelled points on an image.",
            f"opacity:number=0.9; {_LINE}; {_SNAP}", _KEYPOINT, _IMAGE),
    _labels("BrushLabels", "Labelled masks painted on an image.", "", _BRUSH, _IMAGE),
    _labels("BitmaskLabels", "Labelled masks painted on an image, stored as PNG.", "", _BITMASK, _IMAGE),
    _labels("VectorLabels", "Labelled lines and curves on an image.",
            f"opacity:number=0.2; {_LINE}; {_POINTS}; {_SNAP}; {_PATH}", _VECTOR, _IMAGE),
    _labels("HyperTextLabels", "Labelled spans of an HTML document.", "",
            "start:XPath; end:XPath; startOffset?:offset; endOffset?:offset; globalOffsets?:{start, end}; text?:string",
            ("HyperText", "Html")),
    _labels("ParagraphLabels", "Labelled spans of paragraphs.", "",
            "start:paragraph number as string; end:paragraph number as string; startOffset?:offset; "
            "endOffset?:offset; text?:string", ("Paragraphs", "Dialog")),
    _labels("TimeSeriesLabels", "Labelled ranges of a time series.", f"opacity:number=0.9; {_LINE}",
            "start:time; end:time; instant:bool", ("TimeSeries",)),
    _labels("TimelineLabels", "Labelled frame ranges of a video.", "", "ranges:[{start, end}]", _VIDEO),
    _labels("OcrLabels", "Labelled boxes on the pages of a PDF.", "", f"{_BOX}; ocrtext?:string; pageIndex?:number",
            ("Pdf", "Image")),
    _labels("VideoVectorLabels", "Labelled lines that follow an object through a video.", _PATH,
            "framesCount?:number; duration?:seconds; sequence:[{frame, time?, enabled, closed, vertices}]", _VIDEO),
    _labels("CubeLabels", "Labelled boxes in a 3D scene.", "", "position?:any; rotation?:any; scale?:any",
            ("Object3D",)),
)  # fmt: skip

_TOOLS = (
    _tool("Rectangle", "Boxes on an image.", f"opacity:number=0.6; {_LINE}; canRotate:bool=true; {_SNAP}", _BOX),
    _tool("Polygon", "Polygons on an image.", f"opacity:number=0.6; {_LINE}; {_POINTS}; {_SNAP}", _POLYGON),
    _tool("Ellipse", "Ellipses on an image.", f"opacity:number=0.6; {_LINE}; canRotate:bool=true", _ELLIPSE),
    _tool("KeyPoint", "Points on an image.", f"opacity:number=0.9; {_LINE}; {_SNAP}", _KEYPOINT),
    _tool("Brush", "Masks painted on an image.", "choice:single|multiple=single; maxUsages:number; showInline:bool=true",
          _BRUSH),
    _tool("Magicwand", "Masks of similar pixels, found by dragging.",
          "opacity:number=0.6; blurradius:number=5; defaultthreshold:number=15", _BRUSH),
    _tool("Bitmask", "Masks painted on an image, stored as PNG.", "", _BITMASK),
    _tool("Vector", "Lines and curves on an image.", f"opacity:number=0.6; {_LINE}; {_POINTS}; {_SNAP}; {_PATH}", _VECTOR),
    _tool("VideoRectangle", "Boxes that follow an object through a video.", "",
          "framesCount:number; duration:seconds; sequence:[{frame, time, enabled, x, y, width, height, rotation?}]; "
          "labels?:[label]", _VIDEO),
    _tool("VideoVector", "Lines that follow an object through a video.", _PATH,
          "framesCount?:number; duration?:seconds; sequence:[{frame, time?, enabled, closed, vertices}]; "
          "labels?:[label]", _VIDEO),
    _tool("Cube", "Boxes in a 3D scene.", "", "position?:any; rotation?:any; scale?:any", ("Object3D",)),
)  # fmt: skip

_ANSWERS = (
    _answer("Choices", "Pick one or several options.",
            "choice:single|single-radio|multiple=single; showInline:bool=false; value:string; allowNested:bool; "
            "layout:select|inline|vertical", "choices", "[choice] or [[path]]",
            children=("Choice",), needs=("Choice",), data_types=_OPTIONS, dynamic=True),
    _answer("Taxonomy", "Pick entries of a tree.",
            "apiUrl:string; leafsOnly:bool=false; showFullPath:bool=false; pathSeparator:string=/; maxUsages:number; "
            "maxWidth:number; minWidth:number; placeholder:string; labeling:bool; legacy:bool; value:string",
            "taxonomy", "[[path]]", children=("Choice",), needs=("Choice",), dynamic=True,
            data_types=(*_OPTIONS, JsonType.NULL)),
    _answer("TextArea", "Write texts.",
            "value:string; placeholder:string; maxSubmissions:number; editable:bool=false; transcription:bool=false; "
            "skipDuplicates:bool=false; displayMode:tag|region-list=tag; rows:number=1; showSubmitButton:bool",
            "text", "[string]", children=("Shortcut",)),
    _answer("Number", "Enter a number.",
            "min:number; max:number; step:number=1; defaultValue:number; hotkey:string; slider:bool=false",
            "number", "number"),
    _answer("Rating", "Give points.",
            "maxRating:number=5; defaultValue:number=0; size:small|medium|large=medium; icon:star|heart|fire|smile=star; "
            "hotkey:string", "rating", "number"),
    _answer("DateTime", "Enter a date, a time or both.", "only:string; format:string; min:string; max:string",
            "datetime", "ISO 8601"),
    _answer("Pairwise", "Pick the better of two objects.", "selectionStyle:string",
            "selected", "left or right"),
    _answer("Ranker", "Put the items of a List in order or into buckets.", "", "ranker", "{bucket: [item id]}",
            children=("Bucket",), targets=("List",)),
)  # fmt: skip

_INTERFACES = tuple(
    Tag(name, Kind.CONTROL, "An interface written in code; its answer is free JSON.",
        params("name!:string; toName:string; src:string; data:string; outputs:string; style:string"),
        result_type=name.lower(), result_key=name.lower(), value=shape(f"{name.lower()}:any"))
    for name in ("ReactCode", "CustomInterface")
)  # fmt: skip

_CHILDREN = (
    Tag("Label", Kind.CHILD, "One label of a label control.", params(
        "value!:string; selected:bool=false; maxUsages:number; hint:string; hotkey:string; alias:string; "
        "showAlias:bool=false; aliasStyle:string=opacity:0.6; size:string=medium; background:string=#36B37E; "
        "selectedColor:string=#ffffff; granularity:symbol|word; html:string; category:number; model_index:number")),
    Tag("Choice", Kind.CHILD, "One option of Choices or Taxonomy; options can nest.", params(
        "value!:string; selected:bool; alias:string; style:string; hotkey:string; html:string; hint:string; color:string"),
        children=("Choice",)),
    Tag("Bucket", Kind.CHILD, "A target of a Ranker.", params("name!:string; title:string; default:bool")),
    Tag("Shortcut", Kind.CHILD, "Text that a key puts into a TextArea.",
        params("value!:string; alias:string; hotkey:string; background:string=#333333")),
    Tag("Relations", Kind.CONTROL, "Labels for relations between regions.",
        params("name:string; toName:string; choice:single|multiple=single"), children=("Relation",)),
    Tag("Relation", Kind.CHILD, "One label of Relations.", params("value!:string; background:string")),
)  # fmt: skip

CONTROL_TAGS: tuple[Tag, ...] = (*_LABEL_CONTROLS, *_ANSWERS, *_TOOLS, *_INTERFACES, *_CHILDREN)
