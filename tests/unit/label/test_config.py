"""A label config is read into what follows from it, or every fault is told at once."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelyard.label.config import MAX_PROBLEMS, LabelConfigError, parse
from labelyard.label.registry import TAGS
from labelyard.label.tags.model import JsonType
from labelyard.label.templates import templates
from labelyard.label.tree import Node
from labelyard.label.xml import MAX_BYTES, MAX_DEPTH, write_xml

NEWS = """<View>
  <Labels name="label" toName="text">
    <Label value="Person" background="#d14"/>
    <Label value="Place" alias="LOC"/>
  </Labels>
  <Text name="text" value="$text"/>
  <Choices name="quality" toName="text"><Choice value="good"/><Choice value="poor"/></Choices>
</View>"""


def faults(xml: str) -> list[str]:
    with pytest.raises(LabelConfigError) as caught:
        parse(xml)
    return caught.value.messages


def test_parsed_form_is_the_one_of_label_studio():
    assert parse(NEWS).parsed() == {
        "label": {
            "type": "Labels",
            "to_name": ["text"],
            "inputs": [{"type": "Text", "valueType": None, "value": "text"}],
            "labels": ["Person", "LOC"],
            "labels_attrs": {
                "Person": {"value": "Person", "background": "#d14"},
                "LOC": {"value": "Place", "alias": "LOC"},
            },
        },
        "quality": {
            "type": "Choices",
            "to_name": ["text"],
            "inputs": [{"type": "Text", "valueType": None, "value": "text"}],
            "labels": ["good", "poor"],
            "labels_attrs": {"good": {"value": "good"}, "poor": {"value": "poor"}},
        },
    }
    assert parse(NEWS).control_weights()["quality"] == {
        "overall": 1.0,
        "type": "Choices",
        "labels": {"good": 1.0, "poor": 1.0},
    }


def test_empty_config_is_valid():
    config = parse("<View></View>")
    assert config.is_empty
    assert not config.has_controls
    assert not config.data_keys
    assert config.parsed() == {}


def test_attribute_names_in_any_case_and_unknown_ones_are_kept():
    config = parse(
        '<View><Text NAME="t" Value="$x" shiny="1"/><Choices name="c" toname="t" perregion="true"><Choice value="a"/></Choices></View>'
    )
    assert config.controls["c"].to_name == ("t",)
    assert config.controls["c"].per_region
    assert config.objects["t"].node.attrs == {"name": "t", "value": "$x", "shiny": "1"}


def test_every_field_that_a_task_needs_is_found():
    config = parse("""<View>
      <Header value="$title"/><Header value="$5 each"/><Header value="All about $topic"/>
      <Image name="i" value="$pic"/><Image name="p" valueList="$pages"/>
      <Paragraphs name="d" value="$a.b" audioUrl="$sound"/>
      <Repeater on="$rows" indexFlag="{{idx}}"><Text name="r_{{idx}}" value="$rows[{{idx}}].text"/></Repeater>
      <Choices name="c" toName="i" value="$options"/>
      <TextArea name="n" toName="i" value="$draft"/>
      <Text name="free" value="$Column with spaces"/><Text name="plain" value="Read this"/>
      <Text name="again" value="$title"/>
    </View>""")
    assert list(config.data_keys) == [
        "title",
        "pic",
        "pages",
        "a.b",
        "rows",
        "options",
        "draft",
        "Column with spaces",
    ]
    assert config.data_keys["rows"].types == {JsonType.LIST}
    assert config.data_keys["title"].tag == "Text", "an object tag decides what a field is"
    assert JsonType.LIST in config.data_keys["title"].types
    assert set(config.optional_keys) == {"topic", "sound"}
    assert config.first_data_key == "pic"
    assert config.controls["c"].dynamic
    assert config.objects["plain"].data_key is None


def test_all_problems_at_once_with_line_tag_attribute_and_cure():
    found = faults("""<View>
  <Text name="a"/>
  <Choises name="x"/>
  <Choices name="a" toName="nothing"/>
  <Text name="text" value="$t"/>
  <Choices name="c" toName="texd"><Choice/></Choices>
  <Rating toName="text"/>
  <Labels name="l" toName="c"><Label value="x"/></Labels>
</View>""")
    assert found == [
        'line 2, <Text value>: The attribute "value" is missing. Say what it shows: value="$field" or value="text".',
        "line 3, <Choises>: There is no such tag. Did you mean <Choices>?",
        'line 4, <Choices name>: The name "a" is used already by <Text> on line 2. Give each tag its own name.',
        'line 4, <Choices toName>: No tag is named "nothing". Name an object of this config.',
        'line 4, <Choices>: It has no <Choice> inside. Add <Choice> tags, or take them from task data with value="$field".',
        'line 6, <Choice value>: The attribute "value" is missing. Say what it shows: value="$field" or value="text".',
        'line 6, <Choices toName>: No tag is named "texd". Did you mean "text"?',
        'line 7, <Rating name>: The attribute "name" is missing. Give it a name of its own: name="…".',
        'line 8, <Labels toName>: "c" is a control, not an object. Name an object, such as a Text or Image.',
    ]


@pytest.mark.parametrize(
    ("xml", "says"),
    [
        ("", "is empty"),
        (" \n ", "is empty"),
        ("<View>", "not well-formed"),
        ("<View><Text name='a' value='$t'></View>", "not well-formed"),
        ("<View>&nbsp;</View>", "not well-formed"),
        ("hello", "not well-formed"),
        ("<View>\x00</View>", "NUL"),
        ("<View>\ud800</View>", "surrogate"),
        ("<View>\x01</View>", "not well-formed"),
        ('<!DOCTYPE View [<!ENTITY a "aaaa">]><View>&a;</View>', "not allowed"),
        ("<?xml version='1.0'?><!-- hi --> <!doctype View><View/>", "not allowed"),
        ('<!DOCTYPE View SYSTEM "file:///etc/passwd"><View/>', "not allowed"),
        ("<View>" * (MAX_DEPTH + 1) + "</View>" * (MAX_DEPTH + 1), "deep"),
        ("<View>" * 5000 + "</View>" * 5000, ""),
        ("<View>" + " " * MAX_BYTES + "</View>", "bytes"),
        ("<Text name='a' value='$t'/>", "<View>"),
        ("<Choice value='a'/>", "<View>"),
        ('<View><Brush name="b"/></View>', "toName"),
        ('<View><Text name="t" value="$t"/><Taxonomy name="x" toName="t"/></View>', "<Choice>"),
        ('<View><Image name="t" value="$t"/><BrushLabels name="x" toName="t"/></View>', "<Label>"),
    ],
)
def test_what_is_refused(xml: str, says: str):
    assert says in "\n".join(faults(xml))


@pytest.mark.parametrize(
    "xml",
    [
        '<?xml version="1.0" encoding="latin-1"?><View/>',
        "\ufeff<View/>",
        "<!-- a comment with <!DOCTYPE x> in it --><View/>",
        '<View><Text name="t" value="$t"/><Choices name="c" toName="t"><View><Choice value="a"/></View></Choices></View>',
        '<View><Text name="t" value="$t"/><Choices name="c" toName="t"><Choice value="only"/></Choices></View>',
        '<View><Text name="t" value="$t"/><Text name="u" value="$u"/><Pairwise name="p" toName="t,u"/></View>',
        '<View><Text name="t" value="$t"/><Relations><Relation value="is"/></Relations></View>',
        '<View><Chat name="chat" value="$messages"/></View>',
        '<View><ReactCode name="own" toName="own"><![CDATA[<div>{x < 1}</div>]]></ReactCode></View>',
        '<View><AudioPlus name="a" value="$a"/><TextArea name="w" toName="a"/></View>',
        '<View><HyperText name="h" value="$h"><p>fallback</p></HyperText></View>',
        '<View><Filter name="f" toName="c"/><Text name="t" value="$t"/><Labels name="c" toName="t"><Label value="a"/></Labels></View>',
        '<View><Collapse><Panel value="More"><Header value="x"/></Panel></Collapse><Markdown value="*x*"/></View>',
        '<View><Style>.a > .b { color: red }</Style><Header value="x"/></View>',
    ],
)
def test_what_is_accepted(xml: str):
    parse(xml)


def test_warnings_do_not_refuse():
    config = parse(
        '<View><text name="t" value="$t" granularty="word"/>'
        '<RectangleLabels name="r" toName="t" choice="some" showInline="maybe"><Label value="a"/><Label value="a"/></RectangleLabels></View>'
    )
    told = "\n".join(map(str, config.warnings))
    for part in (
        "Write <Text>",
        "Did you mean granularity",
        "cannot be used on",
        '"some" is not a known value',
        "yes or no",
        "occurs twice",
    ):
        assert part in told


def test_nested_choices_have_paths_and_aliases():
    config = parse(
        '<View><Text name="t" value="$t"/><Taxonomy name="x" toName="t"><Choice value="Animal" alias="A">'
        '<Choice value="Cat"/></Choice><Choice value="Plant"/></Taxonomy></View>'
    )
    assert [label.path for label in config.controls["x"].labels] == [("A",), ("A", "Cat"), ("Plant",)]


def test_hostile_sizes_end_quickly():
    started = time.monotonic()
    for xml in (
        "<View>" + "<a/>" * 200_000 + "</View>",
        "<View>" + "".join(f'<View a{i}="1"/>' for i in range(40_000)) + "</View>",
        "<!---->" * 140_000 + "<View/>",
        "<View><Text name='t' value='$t'/><Choices name='c' toName='"
        + "t," * 400_000
        + "'><Choice value='a'/></Choices></View>",
        "<View><Text name='t' value='" + "$a" * 400_000 + "'/></View>",
        "<View><Text name='t' value='$" + "a.-" * 300_000 + "!'/></View>",
    ):
        try:
            assert len(parse(xml).warnings) <= MAX_PROBLEMS
        except LabelConfigError as error:
            assert len(error.problems) <= MAX_PROBLEMS
    assert time.monotonic() - started < 20


names = st.sampled_from([*TAGS, "Foo", "view", "Html"])
attributes = st.dictionaries(
    st.sampled_from(["name", "toName", "value", "valueList", "on", "choice", "perRegion", "alias", "x"]),
    st.sampled_from(
        ["a", "b", "a,b", "$a", "$a.b", "$a[0].b", "$", "$$", "", "true", "é<&\"'\n\t", "{{idx}}"]
    ),
)
nodes = st.recursive(
    st.builds(lambda tag, attrs: Node(tag, attrs, (), 1), names, attributes),
    lambda inner: st.builds(
        lambda tag, attrs, children: Node(tag, attrs, tuple(children), 1),
        names,
        attributes,
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


@given(st.one_of(st.text(), nodes.map(write_xml)))
@settings(max_examples=300, deadline=None)
def test_nothing_but_a_config_or_its_problems_comes_out(xml: str):
    try:
        config = parse(xml)
    except LabelConfigError as error:
        assert error.problems
        assert all(problem.line >= 1 and problem.message for problem in error.problems)
    else:
        config.parsed()
        config.control_weights()


@given(st.sampled_from(templates()), st.integers(0, 2000), st.integers(0, 30), st.text(max_size=5))
@settings(max_examples=300, deadline=None)
def test_mutated_templates_raise_nothing_else(template, at, length, put):
    text = template.config
    at %= len(text)
    try:
        parse(text[:at] + put + text[at + length :])
    except LabelConfigError as error:
        assert error.problems


def bare(node: Node) -> tuple:
    return (node.tag, dict(node.attrs), node.text, tuple(map(bare, node.children)))


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.id)
def test_written_xml_reads_back_as_the_same_tree(template):
    root = parse(template.config).root
    assert bare(parse(write_xml(root)).root) == bare(root)
