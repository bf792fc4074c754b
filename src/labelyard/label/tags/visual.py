"""Tags for layout, help and style. They make no results."""

from labelyard.label.tags.model import JsonType, Kind, Tag, params

_CONDITION = (
    "visibleWhen:region-selected|choice-selected|no-region-selected|choice-unselected; whenTagName:string; "
    "whenLabelValue:string; whenChoiceValue:string"
)
_SCALAR = (JsonType.STR, JsonType.INT, JsonType.FLOAT)

VISUAL_TAGS: tuple[Tag, ...] = (
    Tag(
        "View",
        Kind.VISUAL,
        "A box that holds other tags; the root of every config.",
        params(
            f"display:block|inline=block; style:string; className:string; idAttr:string; {_CONDITION}; whenRole:string"
        ),
    ),
    Tag(
        "Header",
        Kind.VISUAL,
        "A heading.",
        params(
            "value!:string; size:number=4; style:string; underline:bool=false; className:string; idAttr:string; name:string"
        ),
        data_types=_SCALAR,
    ),
    Tag("Style", Kind.VISUAL, "CSS for this config, limited to it.", ()),
    Tag(
        "Collapse",
        Kind.VISUAL,
        "Panels that open and close.",
        params("accordion:bool=true; bordered:bool=false; open:bool=false; value:string"),
        children=("Panel",),
    ),
    Tag(
        "Panel",
        Kind.VISUAL,
        "One panel of a Collapse.",
        params("value!:string; open:bool=false"),
        data_types=_SCALAR,
    ),
    Tag(
        "Filter",
        Kind.VISUAL,
        "A field that filters the options of a control.",
        params(
            "name:string; toName:string; placeholder:string=Quick Filter; minlength:number=3; style:string; hotkey:string"
        ),
    ),
    Tag(
        "Markdown",
        Kind.VISUAL,
        "Formatted text.",
        params(f"value!:string; style:string; className:string; idAttr:string; {_CONDITION}"),
        data_types=_SCALAR,
    ),
    Tag(
        "Repeater",
        Kind.VISUAL,
        "Repeats its content for each item of a list in the task data.",
        params("on!:string; indexFlag:string={{idx}}; mode:list|pagination=list"),
        data_types=(JsonType.LIST,),
    ),
)
