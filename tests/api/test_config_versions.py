"""Versions of label configs: each change is one, any can be shown and made the current one again."""

from tests.api.test_next import RESULT, ids, make, submit
from tests.support.labeling import CONFIG

WIDER = CONFIG.replace('value="Sport"/>', 'value="Sport"/><Choice value="Arts"/>')
OTHER = CONFIG.replace('name="topic"', 'name="theme"')


def versions(client, project, **query):
    answer = client.get(f"/api/projects/{project}/config-versions", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def put(client, project, config):
    return client.patch(f"/api/projects/{project}", json={"label_config": config})


def test_every_change_is_a_version(client):
    project = make(client, 0)
    put(client, project, WIDER)
    put(client, project, WIDER)  # no change
    second, first = versions(client, project)
    assert (first["version"], first["current"], second["version"], second["current"]) == (1, False, 2, True)
    assert second["created_by"]["email"] == "owner@localhost"
    assert versions(client, project, limit=1) == [second]
    assert versions(client, project, before=2) == [first]
    shown = client.get(f"/api/projects/{project}/config-versions/1").json()
    assert shown == {**first, "label_config": CONFIG}
    for missing in (0, 3, 2**70):
        assert client.get(f"/api/projects/{project}/config-versions/{missing}").status_code == 404
    assert client.get("/api/projects/999/config-versions").status_code == 404


def test_going_back_is_a_new_version(client):
    project = make(client, 0)
    put(client, project, WIDER)
    back = client.post(f"/api/projects/{project}/config-versions/1/restore")
    assert back.status_code == 200, back.text
    assert back.json()["label_config"] == CONFIG
    assert [each["current"] for each in versions(client, project)] == [True, False, False]
    assert client.post(f"/api/projects/{project}/config-versions/9/restore").status_code == 404


def test_going_back_is_refused_where_annotations_need_the_config(client):
    project = make(client, 1, label_config=OTHER)
    put(client, project, CONFIG)
    submit(client, ids(client, project)[0])
    refused = client.post(f"/api/projects/{project}/config-versions/1/restore")
    assert refused.status_code == 400
    assert "from_name=topic" in refused.json()["validation_errors"]["label_config"][0]


def region(**changes):
    return {**RESULT[0], **changes}


def test_a_result_is_held_against_the_config(client):
    project = make(client, 1)
    task = ids(client, project)[0]
    wrong = {
        "'mood' not found": region(from_name="mood"),
        "'to_name'": region(to_name="picture"),
        "'type'": region(type="rating"),
        "'value'": region(value=None),
        '"choices" must be a list': region(value={"choices": "Weather"}),
        '"choices" is missing': region(value={"text": ["x"]}),
    }
    made = submit(client, task)
    for said, item in wrong.items():
        result = [RESULT[0], item]
        for answer in (
            client.post(f"/api/tasks/{task}/annotations", json={"result": result}),
            client.patch(f"/api/annotations/{made['id']}", json={"result": result}),
        ):
            assert answer.status_code == 400, (item, answer.text)
            told = answer.json()["validation_errors"]["result"][0]
            assert told.startswith("Region 1: ")
            assert said in told
    assert client.get(f"/api/annotations/{made['id']}").json()["result"] == RESULT
    fine = [
        region(value={"choices": ["A new one"]}),
        {"type": "relation", "from_id": "a", "to_id": "b"},
        {"id": "x"},
    ]
    assert submit(client, task, result=fine)["result"] == fine


def test_work_that_was_begun_with_an_earlier_config_is_taken(client):
    project = make(client, 1)
    task = ids(client, project)[0]
    put(client, project, OTHER)
    assert submit(client, task)["result"] == RESULT
    open_to_all = make(client, 1, label_config="<View></View>")
    task = ids(client, open_to_all)[0]
    made = submit(client, task)
    assert put(client, open_to_all, OTHER).status_code == 200
    # Nothing was ever said about `topic`, but what an annotation has it may keep.
    assert client.post(f"/api/tasks/{task}/annotations", json={"result": RESULT}).status_code == 400
    more = [*RESULT, region(from_name="theme", id="r2")]
    kept = client.patch(f"/api/annotations/{made['id']}", json={"result": more})
    assert kept.status_code == 200, kept.text


def test_a_shape_without_a_label_is_kept(client):
    config = (
        '<View><Image name="img" value="$text"/><RectangleLabels name="box" toName="img">'
        '<Label value="Car"/></RectangleLabels></View>'
    )
    task = ids(client, make(client, 1, label_config=config))[0]
    value = {"x": 1, "y": 1, "width": 5, "height": 5}
    item = {"id": "a", "from_name": "box", "to_name": "img", "type": "rectangle", "value": value}
    assert submit(client, task, result=[item])["result"] == [item]
