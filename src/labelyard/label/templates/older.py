"""Label configs under the names that `--template` of the 0.x command line knew."""

from collections.abc import Mapping
from typing import Final

_MOODS = '<Choice value="Positive"/><Choice value="Neutral"/><Choice value="Negative"/>'
_KINDS = '<Choice value="Important"/><Choice value="Ordinary"/><Choice value="Useless"/>'
_ENTITIES = '<Label value="Person"/><Label value="Organization"/><Label value="Place"/><Label value="Time"/>'
_THINGS = '<Label value="Car"/><Label value="Airplane"/>'
_TEXT = '<Text name="text" value="$text"/>'
_IMAGE = '<Image name="image" value="$image"/>'
_AUDIO = '<Audio name="audio" value="$audio"/>'
_HTML = '<HyperText name="html" value="$html"/>'
_SENTIMENT = f'<Choices name="sentiment" toName="text" choice="single" showInline="true">{_MOODS}</Choices>'
_NER = f'<Labels name="label" toName="text">{_ENTITIES}</Labels>'
_BOXES = f'<RectangleLabels name="label" toName="image">{_THINGS}</RectangleLabels>'
_ABOUT_HTML = f'<Choices name="kind" toName="html" choice="single">{_KINDS}</Choices>'
_ANSWER = '<TextArea name="answer" toName="text" rows="3" maxSubmissions="1" editable="true"/>'
_SPEAKERS = (
    '<Labels name="speaker" toName="audio"><Label value="Speaker 1"/><Label value="Speaker 2"/></Labels>'
)
_EVENTS = (
    '<TimeSeriesLabels name="label" toName="ts"><Label value="Run"/><Label value="Walk"/></TimeSeriesLabels>'
)
_CHANNELS = '<Channel column="sensor1" legend="Sensor 1"/><Channel column="sensor2" legend="Sensor 2"/>'


def _series(attributes: str) -> str:
    return f'{_EVENTS}<TimeSeries name="ts" {attributes}>{_CHANNELS}</TimeSeries>'


_LISTED = 'value="$csv" valueType="url" sep=","'
_NESTED = """<Choices name="area" toName="text" choice="single">
    <Choice value="Weather"/><Choice value="Politics"/>
  </Choices>
  <View visibleWhen="choice-selected" whenTagName="area" whenChoiceValue="Weather">
    <Choices name="weather" toName="text" choice="single"><Choice value="Sun"/><Choice value="Rain"/></Choices>
  </View>"""

_BODIES: Mapping[str, tuple[str, ...]] = {
    # pages
    "html_pdf": (_ABOUT_HTML, '<HyperText name="html" value="$pdf"/>'),
    "html_video": (_ABOUT_HTML, '<HyperText name="html" value="$video"/>'),
    "html_video_timeline": (
        '<HyperText name="html" value="$video"/>',
        _SPEAKERS.replace("speaker", "part").replace("Speaker", "Scene"),
        '<Audio name="audio" value="$videoSource"/>',
    ),
    "html_document": (f'<HyperTextLabels name="label" toName="html">{_ENTITIES}</HyperTextLabels>', _HTML),
    "html_website": (
        '<HyperTextLabels name="label" toName="html"><Label value="Title"/><Label value="Description"/></HyperTextLabels>',
        '<HyperText name="html" value="$website"/>',
    ),
    "html_chatbot": (
        '<HyperText name="dialog" value="$dialogs"/>',
        '<TextArea name="response" toName="dialog" maxSubmissions="1" editable="true"/>',
    ),
    "html_dialogues": (
        '<HyperTextLabels name="label" toName="dialog"><Label value="Question"/><Label value="Answer"/></HyperTextLabels>',
        '<HyperText name="dialog" value="$dialogs"/>',
    ),
    "html_classification": (_ABOUT_HTML, _HTML),
    # layouts
    "adv_layouts_columns2": (
        '<View style="display: flex;">',
        f'<View style="width: 50%">{_TEXT}</View>',
        f'<View style="width: 50%">{_SENTIMENT}</View>',
        "</View>",
    ),
    "adv_layouts_columns3": (
        '<View style="display: flex;">',
        f'<View style="width: 25%">{_NER}</View>',
        f'<View style="width: 50%">{_TEXT}</View>',
        f'<View style="width: 25%">{_SENTIMENT}</View>',
        "</View>",
    ),
    "adv_layouts_long_text": (
        f'<View style="height: 300px; overflow-y: auto;">{_TEXT}</View>',
        _SENTIMENT,
    ),
    "adv_layouts_sticky_header": (f'<View style="position: sticky; top: 0;">{_NER}</View>', _TEXT),
    "adv_layouts_sticky_left_column": (
        '<View style="display: flex;">',
        f'<View style="position: sticky; top: 0; align-self: flex-start;">{_NER}</View>',
        f"<View>{_TEXT}</View>",
        "</View>",
    ),
    # nested, filtered, related
    "adv_nested_2level": (_TEXT, _NESTED),
    "adv_nested_3level": (
        _TEXT,
        _NESTED,
        '<View visibleWhen="choice-selected" whenTagName="weather" whenChoiceValue="Rain">',
        '<Choices name="rain" toName="text" choice="single"><Choice value="Light"/><Choice value="Heavy"/></Choices>',
        "</View>",
    ),
    "adv_nested_conditional": (
        _TEXT,
        _NER,
        '<View visibleWhen="region-selected" whenLabelValue="Person">',
        '<Choices name="role" toName="text" perRegion="true"><Choice value="Author"/><Choice value="Reader"/></Choices>',
        "</View>",
    ),
    "adv_other_filter": ('<Filter name="filter" toName="label" hotkey="shift+f"/>', _NER, _TEXT),
    "adv_other_pairwise": (
        '<Pairwise name="better" toName="text1,text2"/>',
        '<Text name="text1" value="$text1"/>',
        '<Text name="text2" value="$text2"/>',
    ),
    "adv_other_relations": (
        '<Relations><Relation value="works for"/><Relation value="lives in"/></Relations>',
        _NER,
        _TEXT,
    ),
    "adv_other_table": (
        '<Table name="text" value="$table"/>',
        f'<Choices name="kind" toName="text" choice="single">{_KINDS}</Choices>',
    ),
    "adv_other_table2": (
        '<Table name="text" value="$table"/>',
        '<TextArea name="answer" toName="text" editable="true"/>',
    ),
    "adv_region_image": (
        _BOXES,
        _IMAGE,
        '<TextArea name="description" toName="image" perRegion="true" editable="true"/>',
    ),
    "adv_region_text": (
        _NER,
        _TEXT,
        f'<Choices name="mood" toName="text" perRegion="true">{_MOODS}</Choices>',
    ),
    "adv_region_trans": (
        _SPEAKERS,
        _AUDIO,
        '<TextArea name="words" toName="audio" perRegion="true" editable="true"/>',
    ),
    "adv_text_classification": (
        _TEXT,
        _SENTIMENT,
        '<Rating name="confidence" toName="text" maxRating="5"/>',
        '<TextArea name="remarks" toName="text" editable="true"/>',
    ),
    # sound
    "audio_classification": (
        _AUDIO,
        '<Choices name="kind" toName="audio"><Choice value="Speech"/><Choice value="Music"/><Choice value="Noise"/></Choices>',
    ),
    "audio_diarization": (_SPEAKERS, _AUDIO),
    "audio_emotions": (_AUDIO, f'<Choices name="emotion" toName="audio" choice="single">{_MOODS}</Choices>'),
    "audio_trans_region": (
        _SPEAKERS,
        _AUDIO,
        '<TextArea name="transcription" toName="audio" perRegion="true" editable="true"/>',
    ),
    "audio_transcribe": (
        _AUDIO,
        '<TextArea name="transcription" toName="audio" rows="4" maxSubmissions="1" editable="true"/>',
    ),
    # pictures
    "image_bbox": (_IMAGE, _BOXES),
    "image_bbox_coco": (
        _IMAGE,
        '<RectangleLabels name="label" toName="image">'
        '<Label value="person"/><Label value="bicycle"/><Label value="car"/><Label value="bus"/><Label value="train"/>'
        '<Label value="bird"/><Label value="cat"/><Label value="dog"/><Label value="horse"/><Label value="chair"/>'
        "</RectangleLabels>",
    ),
    "image_brushes": (_IMAGE, f'<BrushLabels name="label" toName="image">{_THINGS}</BrushLabels>'),
    "image_circular": (_IMAGE, f'<EllipseLabels name="label" toName="image">{_THINGS}</EllipseLabels>'),
    "image_classification": (
        _IMAGE,
        '<Choices name="choice" toName="image"><Choice value="Inside"/><Choice value="Outside"/></Choices>',
    ),
    "image_keypoints": (
        _IMAGE,
        '<KeyPointLabels name="label" toName="image"><Label value="Face"/><Label value="Nose"/></KeyPointLabels>',
    ),
    "image_mixedlabel": (
        _IMAGE,
        f'<PolygonLabels name="outline" toName="image">{_THINGS}</PolygonLabels>',
        f'<BrushLabels name="mask" toName="image">{_THINGS}</BrushLabels>',
    ),
    "image_multi_class": (
        _IMAGE,
        '<Choices name="place" toName="image" choice="single"><Choice value="Inside"/><Choice value="Outside"/></Choices>',
        '<Choices name="light" toName="image" choice="single"><Choice value="Day"/><Choice value="Night"/></Choices>',
    ),
    "image_polygons": (_IMAGE, f'<PolygonLabels name="label" toName="image">{_THINGS}</PolygonLabels>'),
    # texts
    "text_alignment": (
        '<Labels name="part" toName="text1,text2"><Label value="Same"/><Label value="Different"/></Labels>',
        '<Text name="text1" value="$text1"/>',
        '<Text name="text2" value="$text2"/>',
    ),
    "text_classification": (_TEXT, _SENTIMENT),
    "text_multi_class": (
        _TEXT,
        _SENTIMENT,
        '<Choices name="topic" toName="text" choice="multiple"><Choice value="Sport"/><Choice value="Science"/></Choices>',
    ),
    "text_named_entity": (_NER, _TEXT),
    "text_summarization": (_TEXT, _ANSWER),
    "text_taxonomy": (
        _TEXT,
        '<Taxonomy name="topic" toName="text"><Choice value="Animals"><Choice value="Birds"/><Choice value="Fish"/></Choice>'
        '<Choice value="Plants"/></Taxonomy>',
    ),
    # time series
    "ts_classification": (
        f'<TimeSeries name="ts" {_LISTED} timeColumn="time">{_CHANNELS}</TimeSeries>',
        '<Choices name="kind" toName="ts"><Choice value="Normal"/><Choice value="Strange"/></Choices>',
    ),
    "ts_loading_csv": (_series(f'{_LISTED} timeColumn="time"'),),
    "ts_loading_csv_notime": (_series(_LISTED),),
    "ts_loading_headless": (
        _series(f'{_LISTED} timeColumn="0"').replace('"sensor1"', '"1"').replace('"sensor2"', '"2"'),
    ),
    "ts_loading_json": (_series('value="$ts" valueType="json" timeColumn="time"'),),
    "ts_multi_step": (
        _series(f'{_LISTED} timeColumn="time"'),
        '<Choices name="sure" toName="ts" perRegion="true"><Choice value="Certain"/><Choice value="Uncertain"/></Choices>',
    ),
    "ts_rel_between_channels": (
        '<Relations><Relation value="causes"/></Relations>',
        _series(f'{_LISTED} timeColumn="time"'),
    ),
    "ts_rel_text": (
        '<Relations><Relation value="is told by"/></Relations>',
        _series(f'{_LISTED} timeColumn="time"'),
        _NER.replace('name="label"', 'name="entity"'),
        _TEXT,
    ),
    "ts_segmentation": (_series(f'{_LISTED} timeColumn="time"'),),
}

# Name → label config.
TEMPLATES: Final[Mapping[str, str]] = {
    name: "<View>\n  " + "\n  ".join(body) + "\n</View>\n" for name, body in _BODIES.items()
}
