"""Rewriting results: renamed, merged, split, moved and dropped labels and controls."""

import json

import pytest

from labelyard.label.config import parse
from labelyard.label.mapping import Mapper, Rules, Tally, Target, faults

OLD = parse(
    '<View><Image name="img" value="$image"/>'
    '<RectangleLabels name="box" toName="img"><Label value="Car"/><Label value="Van"/><Label value="Tree"/></RectangleLabels>'
    '<Choices name="size" toName="img" perRegion="true"><Choice value="big"/><Choice value="small"/></Choices>'
    '<Choices name="light" toName="img" choice="multiple"><Choice value="day"/><Choice value="noon"/></Choices></View>'
)
NEW = parse(
    '<View><Image name="photo" value="$image"/>'
    '<RectangleLabels name="thing" toName="photo"><Label value="Vehicle"/><Label value="Truck"/></RectangleLabels>'
    '<RectangleLabels name="plant" toName="photo"><Label value="Tree"/></RectangleLabels>'
    '<Choices name="light" toName="photo" choice="multiple"><Choice value="day"/></Choices></View>'
)
PLACE = {"x": 1, "y": 2, "width": 3, "height": 4}


def box(name, *labels, **changes):
    value = {**PLACE, "rectanglelabels": list(labels)}
    return {
        "id": name,
        "from_name": "box",
        "to_name": "img",
        "type": "rectanglelabels",
        "value": value,
        **changes,
    }


def choice(name, control, *labels):
    return {
        "id": name,
        "from_name": control,
        "to_name": "img",
        "type": "choices",
        "value": {"choices": list(labels)},
    }


def rewrite(rules, *items, tally=None):
    found = Mapper(rules, NEW).rewrite(json.dumps(items), tally)
    return None if found is None else json.loads(found)


def labels(*targets):
    return {"box": dict(targets)}


def test_a_label_is_renamed_and_its_control_and_object_with_it():
    rules = Rules({"box": "thing"}, {"img": "photo"}, labels(("Car", [Target("Vehicle")])))
    assert faults(rules, OLD, NEW) == {}
    tally = Tally()
    made = rewrite(rules, box("a", "Car"), tally=tally)
    assert made == [
        {
            **box("a"),
            "from_name": "thing",
            "to_name": "photo",
            "value": {**PLACE, "rectanglelabels": ["Vehicle"]},
        }
    ]
    assert (tally.changed, tally.dropped, dict(tally.rules)) == (1, 0, {"label Car of box → Vehicle": 1})


def test_what_no_rule_touches_stays_byte_for_byte():
    text = '[{"id":"a", "from_name":"note","value":{"x":1.50}}, {"id": "b","from_name":"light","to_name":"img","type":"choices","value":{"choices":["day"]}}]'
    mapper = Mapper(Rules(labels={"light": {"noon": [Target("day")]}}), NEW)
    assert mapper.rewrite(text) is None
    changed = mapper.rewrite(text.replace('"day"', '"noon"'))
    assert changed is not None
    assert '{"id":"a", "from_name":"note","value":{"x":1.50}}' in changed
    for nothing in (None, "", "[]", "{}", "[1]"):
        assert mapper.rewrite(nothing) is None


def test_merged_labels_are_one():
    rules = Rules(labels={"light": {"noon": [Target("day")]}})
    assert rewrite(rules, choice("a", "light", "day", "noon"))[0]["value"] == {"choices": ["day"]}
    assert rewrite(rules, choice("a", "light", "noon"))[0]["value"] == {"choices": ["day"]}


def test_a_label_is_split_by_what_else_is_said():
    split = [Target("Truck", where=("size", "big")), Target("Vehicle")]
    rules = Rules({"box": "thing", "size": None}, {"img": "photo"}, labels(("Car", split)))
    assert faults(rules, OLD, NEW) == {}
    made = rewrite(
        rules, box("a", "Car"), choice("a", "size", "big"), box("b", "Car"), choice("b", "size", "small")
    )
    assert [(each["id"], each["value"]["rectanglelabels"]) for each in made] == [
        ("a", ["Truck"]),
        ("b", ["Vehicle"]),
    ]


def test_a_condition_may_be_about_the_whole_task():
    rules = Rules(labels=labels(("Car", [Target("Truck", "thing", ("light", "noon"))])))
    made = rewrite(rules, box("a", "Car"), choice("c", "light", "noon"))
    assert made[0]["value"]["rectanglelabels"] == ["Truck"]
    assert rewrite(rules, box("a", "Car"), choice("c", "light", "day")) is None


def test_labels_move_to_another_control():
    rules = Rules(
        {"box": "thing"}, {}, labels(("Car", [Target("Vehicle")]), ("Tree", [Target("Tree", "plant")]))
    )
    assert faults(rules, OLD, NEW) == {}
    made = rewrite(rules, box("a", "Car", "Tree"), box("b", "Tree"))
    assert [(each["id"], each["from_name"], each["value"]["rectanglelabels"]) for each in made] == [
        ("a", "thing", ["Vehicle"]),
        ("a", "plant", ["Tree"]),
        ("b", "plant", ["Tree"]),
    ]
    assert {each["to_name"] for each in made} == {"photo"}


def test_a_dropped_region_takes_along_what_was_said_about_it():
    rules = Rules(labels=labels(("Tree", [Target(None)])))
    relation = {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right"}
    tally = Tally()
    made = rewrite(
        rules, box("a", "Tree"), choice("a", "size", "big"), box("b", "Car"), relation, tally=tally
    )
    assert made == [box("b", "Car")]
    assert tally.dropped == 3
    assert rewrite(rules, box("a", "Tree", "Car")) == [box("a", "Car")]
    dropped = Rules({"light": None})
    assert rewrite(dropped, choice("c", "light", "day"), box("b", "Car")) == [box("b", "Car")]


@pytest.mark.parametrize(
    ("rules", "field", "said"),
    [
        (Rules({"bax": "thing"}), "controls", '"bax"'),
        (Rules({"box": "thang"}), "controls", '"thang"'),
        (Rules({"box": "light"}), "controls", "makes choices"),
        (Rules({}, {"imag": "photo"}), "objects", '"imag"'),
        (Rules({}, {"img": "foto"}), "objects", '"foto"'),
        (Rules({"box": "thing"}, {}, labels(("Car", [Target("Bus")]))), "labels", '"Bus"'),
        (Rules({"box": None}, {}, labels(("Car", [Target("Vehicle")]))), "labels", "is dropped"),
        (Rules({}, {}, {"bax": {"Car": [Target(None)]}}), "labels", '"bax"'),
        (Rules({"box": "thing"}, {}, labels(("Car", [Target("Truck", where=("sise", "x"))]))), "labels", '"sise"'),
    ],
)  # fmt: skip
def test_rules_that_make_no_sense_are_named(rules, field, said):
    assert said in faults(rules, OLD, NEW)[field][0]
