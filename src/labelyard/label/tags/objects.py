"""Tags that show a field of the task, and the channels of a time series."""

from labelyard.label.tags.model import JsonType, Kind, Tag, params, shape

_TEXT = (JsonType.STR, JsonType.INT, JsonType.FLOAT, JsonType.LIST)
_ITEMS = (JsonType.LIST, JsonType.STR)
_TABLE = (JsonType.DICT, JsonType.LIST, JsonType.STR)
_MEDIA = "name!:string; value!:string"

_AUDIO = params(
    f"{_MEDIA}; defaultspeed:string=1; defaultscale:string=1; defaultzoom:string=1; defaultvolume:string=1; "
    "hotkey:string; sync:string; height:string=96; waveheight:string=32; spectrogram:bool=false; "
    "splitchannels:bool=false; decoder:string=webaudio; player:string=html5"
)
_HYPERTEXT = params(
    f"{_MEDIA}; valueType:url|text=text; inline:bool=false; saveTextResult:yes|no; "
    "encoding:none|base64|base64unicode=none; selectionEnabled:bool=true; clickableLinks:bool=false; "
    "highlightColor:string; showLabels:bool; granularity:symbol|word|sentence|paragraph=symbol"
)
_CHANNEL = params(
    "column!:string; legend:string; units:string; displayFormat:string; height:number=200; strokeColor:string=#f48a42; "
    "strokeWidth:number=1; markerColor:string=#f48a42; markerSize:number=0; markerSymbol:string=circle; "
    "timeRange:string; dataRange:string; showAxis:string; fixedScale:bool"
)

OBJECT_TAGS: tuple[Tag, ...] = (
    Tag(
        "Text",
        Kind.OBJECT,
        "Plain text; spans of it can be labelled.",
        params(
            f"{_MEDIA}; valueType:url|text=text; saveTextResult:yes|no; encoding:none|base64|base64unicode=none; "
            "selectionEnabled:bool=true; highlightColor:string; showLabels:bool; "
            "granularity:symbol|word|sentence|paragraph=symbol"
        ),
        data_types=_TEXT,
    ),
    Tag("HyperText", Kind.OBJECT, "An HTML document; spans of it can be labelled.", _HYPERTEXT),
    Tag("Html", Kind.OBJECT, "Older name of HyperText.", _HYPERTEXT, alias_of="HyperText"),
    Tag(
        "Paragraphs",
        Kind.OBJECT,
        "A dialogue or list of paragraphs, with or without its sound.",
        params(
            f"{_MEDIA}; valueType:json|url=json; audioUrl:string; sync:string; showPlayer:bool=false; "
            "saveTextResult:no|yes=yes; layout:none|dialogue=none; nameKey:string=author; textKey:string=text; "
            "contextScroll:bool=false"
        ),
        data_types=_ITEMS,
    ),
    Tag(
        "Dialog",
        Kind.OBJECT,
        "A dialogue, in configs of Label Studio 0.x. New configs use Paragraphs.",
        params(f"{_MEDIA}; nameKey:string=author; textKey:string=text"),
        data_types=_ITEMS,
        alias_of="Paragraphs",
    ),
    Tag(
        "Image",
        Kind.OBJECT,
        "An image, or with `valueList` a pile of image pages.",
        params(
            f"{_MEDIA}; valueList:string; smoothing:bool; width:string=100%; maxWidth:string=750px; zoom:bool=false; "
            "negativeZoom:bool=false; zoomBy:number=1.1; grid:bool=false; gridSize:number=30; gridColor:string=#EEEEF4; "
            "zoomControl:bool=false; brightnessControl:bool=false; contrastControl:bool=false; rotateControl:bool=false; "
            "crosshair:bool=false; horizontalAlignment:left|center|right=left; verticalAlignment:top|center|bottom=top; "
            "defaultZoom:auto|original|fit=fit; crossOrigin:none|anonymous|use-credentials=none"
        ),
        data_types=(JsonType.STR, JsonType.LIST),
    ),
    Tag("Audio", Kind.OBJECT, "A sound with its waveform; stretches of it can be labelled.", _AUDIO),
    Tag("AudioPlus", Kind.OBJECT, "Older name of Audio.", _AUDIO, alias_of="Audio"),
    Tag(
        "Video",
        Kind.OBJECT,
        "A video with a timeline.",
        params(
            f"{_MEDIA}; frameRate:number=24; sync:string; muted:bool=false; height:number=600; timelineHeight:number=64; "
            "defaultPlaybackSpeed:number=1; minPlaybackSpeed:number=1"
        ),
    ),
    Tag(
        "TimeSeries",
        Kind.OBJECT,
        "Numbers over time, drawn in channels.",
        params(
            f"{_MEDIA}; valueType:url|json=url; sync:string; cursorColor:string; timeColumn:string; timeFormat:string; "
            "timeDisplayFormat:string; durationDisplayFormat:string; sep:string=,; overviewChannels:string; "
            "overviewWidth:string=25%; fixedScale:bool=false"
        ),
        children=("Channel", "MultiChannel", "TimeSeriesChannel"),
        data_types=_TABLE,
    ),
    Tag("Channel", Kind.CHILD, "One column of a TimeSeries.", _CHANNEL),
    Tag("TimeSeriesChannel", Kind.CHILD, "Older name of Channel.", _CHANNEL, alias_of="Channel"),
    Tag(
        "MultiChannel",
        Kind.CHILD,
        "Several channels of a TimeSeries in one plot.",
        params("height:number=200; showAxis:bool=true; showYAxis:bool=true; fixedScale:bool"),
        children=("Channel",),
    ),
    Tag(
        "List",
        Kind.OBJECT,
        "A list of items for a Ranker.",
        params(f"{_MEDIA}; title:string"),
        data_types=_ITEMS,
    ),
    Tag(
        "Table",
        Kind.OBJECT,
        "A table of keys and values.",
        params(f"{_MEDIA}; valueType:string"),
        data_types=_TABLE,
    ),
    Tag("Pdf", Kind.OBJECT, "A PDF document.", params(_MEDIA)),
    Tag(
        "Chat",
        Kind.OBJECT,
        "A conversation that can be continued; its messages are results under its own name.",
        params(
            f"{_MEDIA}; messageroles:string; editable:bool; minmessages:number; maxmessages:number; llm:string"
        ),
        result_type="chatmessage",
        result_key="chatmessage",
        value=shape("chatmessage:{role, content, createdAt?}"),
        data_types=_ITEMS,
    ),
    Tag("Object3D", Kind.OBJECT, "A point cloud or mesh.", params(_MEDIA)),
)
