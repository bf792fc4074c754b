"""Migrations: a label config is changed and the results with it, as one change that can be undone."""

import pytest
from tests.api.test_history import history, kinds, restore
from tests.api.test_next import RESULT, ids, make, submit
from tests.support.labeling import CONFIG, check_books

from labelyard.kit.jobs.runner import JobRun
from labelyard.projects import migrating, migration_queries, migration_work

NEW = (
    '<View><Text name="text" value="$text"/>'
    '<Choices name="theme" toName="text"><Choice value="Sky"/><Choice value="Sport"/></Choices></View>'
)
RULES = {"label_config": NEW, "controls": {"topic": "theme"}, "labels": {"topic": {"Weather": "Sky"}}}
SKY = [{**RESULT[0], "from_name": "theme", "value": {"choices": ["Sky"]}}]


@pytest.fixture(params=["at once", "by a job"])
def project(request, client, monkeypatch):
    if request.param == "by a job":
        monkeypatch.setattr(migrating, "AT_ONCE", 0)
    monkeypatch.setattr(migration_work, "BATCH", 2)
    return make(client, 5)


def migrate(client, project, status=201, **body):
    answer = client.post(f"/api/projects/{project}/config-migrations", json=RULES | body)
    assert answer.status_code == status, answer.text
    return answer.json()


def undo(client, project, migration, status=200):
    answer = client.post(f"/api/projects/{project}/config-migrations/{migration['id']}/undo")
    assert answer.status_code == status, answer.text
    return answer.json()


def result(client, annotation):
    return client.get(f"/api/annotations/{annotation['id']}").json()["result"]


def fill(client, project):
    tasks = ids(client, project)
    made = [submit(client, task, lead_time=1.5) for task in tasks]
    draft = client.post(f"/api/tasks/{tasks[0]}/drafts", json={"result": RESULT}).json()
    guess = client.post("/api/predictions", json={"task": tasks[0], "result": RESULT, "score": 0.5}).json()
    return made, draft["id"], guess["id"]


def test_a_dry_run_counts_and_changes_nothing(client, project):
    made, _, _ = fill(client, project)
    found = migrate(client, project, 200, dry_run=True)
    assert (found["annotations"], found["drafts"], found["predictions"]) == (5, 1, 1)
    assert (found["results_changed"], found["results_dropped"], found["complete"]) == (5, 0, True)
    assert found["rules"] == {"label Weather of topic → Sky": 5}
    assert found["problems"] == []
    example = found["examples"][0]
    assert (example["annotation"], example["before"], example["after"]) == (made[0]["id"], RESULT, SKY)
    assert result(client, made[0]) == RESULT
    assert len(client.get(f"/api/projects/{project}/config-versions").json()) == 1
    assert client.get(f"/api/projects/{project}/config-migrations").json() == []


def test_config_and_results_change_together_and_back(client, server, project):
    made, draft, guess = fill(client, project)
    done = migrate(client, project)
    assert (done["status"], done["from_version"], done["to_version"]) == ("completed", 1, 2)
    assert done["counts"] == {"annotations": 5, "drafts": 1, "predictions": 1}
    assert client.get(f"/api/projects/{project}").json()["label_config"] == NEW
    assert [result(client, each) for each in made] == [SKY] * 5
    assert client.get(f"/api/drafts/{draft}").json()["result"] == SKY
    assert client.get(f"/api/predictions/{guess}").json()["result"] == SKY
    newest = history(client, made[0]["id"])[0]
    assert (newest["kind"], newest["fields"], newest["result"]) == (
        "migrated",
        {"migration": done["id"]},
        SKY,
    )
    version = client.get(f"/api/projects/{project}/config-versions").json()[0]
    assert version["note"] == f"migration {done['id']}"
    back = undo(client, project, done)
    assert back["status"] == "undone"
    assert back["counts"]["annotations_put_back"] == 5
    assert client.get(f"/api/projects/{project}").json()["label_config"] == CONFIG
    assert [result(client, each) for each in made] == [RESULT] * 5
    assert client.get(f"/api/drafts/{draft}").json()["result"] == RESULT
    assert client.get(f"/api/predictions/{guess}").json()["result"] == RESULT
    assert kinds(history(client, made[0]["id"])) == ["migrated", "migrated", "created"]
    undo(client, project, done, 409)
    assert [each["id"] for each in client.get(f"/api/projects/{project}/config-migrations").json()] == [
        done["id"]
    ]
    url = f"/api/projects/{project}/config-migrations/{done['id']}"
    assert client.get(url).json() == back
    server.context.db.read_sync(check_books, project)


def test_an_undo_leaves_what_was_changed_since(client, project):
    made, _, _ = fill(client, project)
    rules = {"label_config": CONFIG, "controls": {}, "labels": {"topic": {"Weather": "Sport"}}}
    done = migrate(client, project, **rules)
    client.patch(f"/api/annotations/{made[0]['id']}", json={"result": []})
    back = undo(client, project, done)
    assert back["counts"]["annotations_put_back"] == 4
    assert result(client, made[0]) == []
    assert result(client, made[1]) == RESULT
    assert restore(client, made[0]["id"], history(client, made[0]["id"])[-1]["id"])["result"] == RESULT


def test_what_is_said_beside_a_result_does_not_keep_an_undo_from_it(client, project):
    """A star or a time on an annotation, a score of a prediction: their results are put back all the same."""
    made, _, guess = fill(client, project)
    done = migrate(client, project)
    client.patch(f"/api/annotations/{made[0]['id']}", json={"ground_truth": True})
    client.patch(f"/api/predictions/{guess}", json={"score": 0.75})
    back = undo(client, project, done)
    assert (back["counts"]["annotations_put_back"], back["counts"]["predictions_put_back"]) == (5, 1)
    assert [result(client, each) for each in made] == [RESULT] * 5
    assert client.get(f"/api/predictions/{guess}").json()["result"] == RESULT
    assert client.get(f"/api/annotations/{made[0]['id']}").json()["ground_truth"] is True


def test_migrations_are_undone_one_after_the_other(client, project):
    made, _, _ = fill(client, project)
    first = migrate(client, project)
    labels = {"theme": {"Sky": "Sport", "Sport": "Sky"}}
    second = migrate(client, project, label_config=NEW, controls={}, labels=labels)
    assert result(client, made[0])[0]["value"] == {"choices": ["Sport"]}
    assert f"Migration {second['id']}" in undo(client, project, first, 409)["detail"]
    undo(client, project, second)
    assert [result(client, each) for each in made] == [SKY] * 5
    undo(client, project, first)
    assert [result(client, each) for each in made] == [RESULT] * 5
    assert client.get(f"/api/projects/{project}").json()["label_config"] == CONFIG


def test_a_star_while_the_job_runs_does_not_keep_the_labels_as_they_are(client, monkeypatch):
    """Both set-ups have these labels: whose result is saved meanwhile means the new ones, a star says nothing of them."""
    project = make(client, 3)
    made, _, _ = fill(client, project)
    monkeypatch.setattr(migrating, "AT_ONCE", 0)
    monkeypatch.setattr(migration_work, "BATCH", 1)
    commit = JobRun.commit
    did: list[int] = []

    def meanwhile(job, *args, **values):
        if not did:
            for annotation, change in ((made[1], {"ground_truth": True}), (made[2], {"result": RESULT})):
                did.append(client.patch(f"/api/annotations/{annotation['id']}", json=change).status_code)
        return commit(job, *args, **values)

    monkeypatch.setattr(JobRun, "commit", meanwhile)
    labels = {"topic": {"Weather": "Sport", "Sport": "Weather"}}
    done = migrate(client, project, label_config=CONFIG, controls={}, labels=labels)
    sport = [{**RESULT[0], "value": {"choices": ["Sport"]}}]
    assert did == [200, 200]
    assert [result(client, each) for each in made] == [sport, sport, RESULT]
    undo(client, project, done)
    assert [result(client, each) for each in made] == [RESULT] * 3


def test_an_undo_is_refused_where_newer_work_needs_the_new_config(client, project):
    made, _, _ = fill(client, project)
    done = migrate(client, project)
    submit(client, made[0]["task"], result=SKY)
    refused = undo(client, project, done, 400)
    assert "1 with from_name=theme" in refused["validation_errors"]["label_config"][0]
    assert result(client, made[0]) == SKY
    wider = NEW.replace("</Choices>", '<Choice value="Arts"/></Choices>')
    client.patch(f"/api/projects/{project}", json={"label_config": wider})
    assert "version 3" in undo(client, project, done, 409)["detail"]


def test_what_is_dropped_is_counted_and_comes_back(client, project):
    made, _, _ = fill(client, project)
    rules = {
        "label_config": '<View><Text name="text" value="$text"/></View>',
        "controls": {"topic": None},
        "labels": {},
    }
    assert migrate(client, project, 200, dry_run=True, **rules)["results_dropped"] == 5
    done = migrate(client, project, **rules)
    assert result(client, made[0]) == []
    undo(client, project, done)
    assert result(client, made[0]) == RESULT


def test_what_the_rules_leave_in_the_way_is_told(client, project):
    fill(client, project)
    rules: dict[str, dict[str, str]] = {"controls": {}, "labels": {}}
    line = "5 with from_name=topic, to_name=text, type=choices"
    assert migrate(client, project, 200, dry_run=True, **rules)["problems"] == [line]
    assert line in migrate(client, project, 400, **rules)["validation_errors"]["label_config"][0]
    assert client.get(f"/api/projects/{project}").json()["label_config"] == CONFIG


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"label_config": ""}, "label_config"),
        ({"label_config": "<View>"}, "label_config"),
        ({"controls": {"tipic": "theme"}}, "controls"),
        ({"controls": {"topic": "themes"}}, "controls"),
        ({"objects": {"text": "texts"}}, "objects"),
        ({"labels": {"topic": {"Weather": "Cloud"}}}, "labels"),
        ({"labels": {"topic": {"Weather": 5}}}, "labels"),
        ({"labels": []}, "labels"),
    ],
)
def test_rules_that_make_no_sense_are_a_400(client, body, field):
    project = make(client, 0)
    for dry_run in (True, False):
        assert field in migrate(client, project, 400, dry_run=dry_run, **body)["validation_errors"]
    assert client.get(f"/api/projects/{project}").json()["label_config"] == CONFIG


def test_unknown_ones_are_404(client):
    project = make(client, 0)
    other = migrate(client, make(client, 0))
    for migration in (other["id"], 0, 2**70):
        url = f"/api/projects/{project}/config-migrations/{migration}"
        assert client.get(url).status_code == 404
        assert client.post(f"{url}/undo").status_code == 404


def test_one_at_a_time(client, server, project):
    done = migrate(client, project)
    server.context.db.write_sync(
        lambda conn: migration_queries.update(conn, done["id"], status="in_progress")
    )
    rules = {"label_config": CONFIG, "controls": {"theme": "topic"}, "labels": {}}
    assert "not finished" in migrate(client, project, 409, **rules)["detail"]
    assert client.patch(f"/api/projects/{project}", json={"label_config": CONFIG}).status_code == 409
    undo(client, project, done, 409)


def told(client, hook):
    """Ids of the annotations that a webhook is told were updated."""
    log = client.get(f"/api/webhooks/{hook}/deliveries", params={"page_size": 100}).json()["results"]
    shown = [
        client.get(f"/api/webhooks/{hook}/deliveries/{each['id']}").json()
        for each in log
        if each["action"] == "ANNOTATION_UPDATED"
    ]
    return sorted(each["payload"]["annotation"]["id"] for each in shown)


def test_webhooks_are_told_of_each_annotation(client, project):
    made, _, _ = fill(client, project)
    hook = {"project": project, "url": "https://hooks.example.org/x", "actions": ["ANNOTATION_UPDATED"]}
    hook_id = client.post("/api/webhooks", json=hook | {"send_for_all_actions": False}).json()["id"]
    migration = migrate(client, project)
    assert told(client, hook_id) == [each["id"] for each in made]
    client.patch(f"/api/annotations/{made[0]['id']}", json={"result": []})
    undo(client, project, migration)
    # One was changed by hand since and stays: told of the migration and of that change, the others of the undo.
    assert told(client, hook_id) == sorted([each["id"] for each in made] * 2)
