"""Changes of a labeling set-up that annotations depend on: versions, going back, and taking the annotations along."""

from collections.abc import Sequence
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.client import Client
from tests.e2e.test_pages import judge
from tests.e2e.watch import Watch

CONFIG = (
    '<View>\n  <Text name="text" value="$text"/>\n  <Choices name="mood" toName="text">\n'
    '    <Choice value="Good"/>\n    <Choice value="Bad"/>\n    <Choice value="Odd"/>\n  </Choices>\n</View>'
)


def answer(mood: str) -> list[dict[str, Any]]:
    value = {"choices": [mood]}
    return [{"id": "m", "from_name": "mood", "to_name": "text", "type": "choices", "value": value}]


@pytest.fixture
def project(client: Client, request: pytest.FixtureRequest) -> int:
    """Six tasks: three Good, two Bad, one Odd; the first with a prediction of Bad."""
    moods = ["Good", "Good", "Good", "Bad", "Bad", "Odd"]
    tasks: list[dict[str, Any]] = [
        {"data": {"text": f"text {n}"}, "annotations": [{"result": answer(mood)}]}
        for n, mood in enumerate(moods)
    ]
    tasks[0]["predictions"] = [{"result": answer("Bad"), "model_version": "m"}]
    return client.project(f"Set-up {request.node.name}"[:50], CONFIG, tasks)


def write(page: Page, config: str) -> None:
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(config)


def moods(client: Client, project: int) -> list[tuple[str, str]]:
    items = [task["annotations"][0]["result"] for task in client.annotated(project)]
    return sorted((each[0]["from_name"], each[0]["value"]["choices"][0]) for each in items if each)


def lines(diff: Locator, kind: str) -> Sequence[str]:
    return [each.split(":", 1)[1].strip() for each in diff.locator(f".diff-{kind}").all_inner_texts()]


def test_labels_that_go_take_their_annotations_along(
    watched: tuple[Page, Watch], client: Client, project: int
) -> None:
    page, watch = watched
    watch.expect(400, "/validate$")
    page.goto(f"/projects/{project}/settings/labeling")
    expect(page.get_by_text("Valid", exact=True)).to_be_visible()
    changed = CONFIG.replace('value="Bad"', 'value="Poor"').replace('    <Choice value="Odd"/>\n', "")
    write(page, changed)
    page.get_by_role("button", name="Save").click()
    dialog = page.get_by_role("dialog", name="What becomes of what is there?")
    expect(dialog.get_by_text("Decide about each")).to_be_visible()
    bad = dialog.get_by_role("combobox", name="What becomes of Bad of mood")
    odd = dialog.get_by_role("combobox", name="What becomes of Odd of mood")
    expect(dialog.get_by_text("2 annotations")).to_be_visible()
    apply = dialog.get_by_role("button", name="Change set-up and annotations")
    expect(apply).to_be_disabled()
    bad.select_option("becomes Poor")
    odd.select_option("goes, with its regions and answers")
    expect(dialog.locator(".trial")).to_contain_text("3 annotations, 0 drafts and 1 prediction change")
    expect(dialog.locator(".trial")).to_contain_text("1 item dropped")
    judge(page, "migration")
    assert moods(client, project)[0] == ("mood", "Bad")
    apply.click()
    expect(page.get_by_text("Set-up and annotations changed")).to_be_visible()
    # What stood in its way is gone, so it counts as valid and is shown.
    expect(page.get_by_text("Valid", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Preview").get_by_role("radio", name="Poor")).to_be_visible()
    assert moods(client, project) == [("mood", "Good")] * 3 + [("mood", "Poor")] * 2
    assert client.get(f"/api/projects/{project}")["label_config"] == changed

    # Taken back from the message, done once more, and taken back from the list of versions.
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_text("Set-up and annotations are as before")).to_be_visible()
    assert moods(client, project).count(("mood", "Bad")) == 2
    expect(page.locator(".cm-content")).to_contain_text("Odd")
    write(page, changed.replace("mood", "feeling"))
    page.get_by_role("button", name="Save").click()
    dialog.get_by_role("combobox", name="What becomes of Control mood").select_option("becomes feeling")
    bad.select_option("becomes Good")
    odd.select_option("becomes Poor")
    expect(dialog.locator(".trial")).to_contain_text("none dropped")
    apply.click()
    expect(page.get_by_text("Set-up and annotations changed").last).to_be_visible()
    assert moods(client, project) == [("feeling", "Good")] * 5 + [("feeling", "Poor")]
    page.get_by_role("button", name="Versions").click()
    versions = page.get_by_role("dialog", name="Versions of the set-up")
    versions.get_by_role("list", name="Versions").get_by_role("button", name="Version 4").click()
    versions.get_by_role("button", name="Undo this migration").click()
    expect(page.get_by_text("as before the migration")).to_be_visible()
    assert moods(client, project).count(("mood", "Odd")) == 1


def test_versions_are_compared_and_brought_back(page: Page, client: Client, project: int) -> None:
    page.goto(f"/projects/{project}/settings/labeling")
    page.get_by_role("button", name="Versions").click()
    dialog = page.get_by_role("dialog", name="Versions of the set-up")
    expect(dialog.get_by_text("Each change that is saved becomes a version")).to_be_visible()
    judge(page, "versions-one")
    page.keyboard.press("Escape")
    more = CONFIG.replace('<Choice value="Odd"/>', '<Choice value="Odd"/>\n    <Choice value="Fine"/>')
    write(page, more)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Labeling set-up saved")).to_be_visible()

    page.get_by_role("button", name="Versions").click()
    expect(dialog.get_by_role("list", name="Versions").get_by_role("button")).to_have_count(2)
    assert lines(dialog.locator(".diff"), "removed") == ['<Choice value="Fine"/>']
    assert lines(dialog.locator(".diff"), "added") == []
    judge(page, "versions")
    dialog.get_by_role("button", name="Restore version 1").click()
    expect(page.get_by_text("Version 1 restored")).to_be_visible()
    assert client.get(f"/api/projects/{project}")["label_config"] == CONFIG
    expect(page.locator(".cm-content")).not_to_contain_text("Fine")
    page.get_by_role("button", name="Undo").last.click()
    expect(page.locator(".cm-content")).to_contain_text("Fine")
    assert client.get(f"/api/projects/{project}")["label_config"] == more

    # A version that lacks what is used by now asks about it.
    task = client.tasks(project)[0]["id"]
    client.post(f"/api/tasks/{task}/annotations", {"result": answer("Fine")})
    page.get_by_role("button", name="Versions").click()
    dialog.get_by_role("list", name="Versions").get_by_role("button", name="Version 1").click()
    dialog.get_by_role("button", name="Restore version 1").click()
    asked = page.get_by_role("dialog", name="What becomes of what is there?")
    asked.get_by_role("combobox", name="What becomes of Fine of mood").select_option("becomes Good")
    expect(asked.locator(".trial")).to_contain_text("1 annotation")
    asked.get_by_role("button", name="Change set-up and annotations").click()
    expect(page.get_by_text("Set-up and annotations changed")).to_be_visible()
    assert client.get(f"/api/projects/{project}")["label_config"] == CONFIG


def test_a_label_is_split_by_what_else_was_said(
    watched: tuple[Page, Watch], client: Client, request: pytest.FixtureRequest
) -> None:
    page, watch = watched
    watch.expect(400, "/validate$")
    size = '  <Choices name="size" toName="text"><Choice value="Large"/><Choice value="Small"/></Choices>\n</View>'
    before = CONFIG.replace("</View>", size)

    def about(how_large: str) -> list[dict[str, Any]]:
        more = {"id": "s", "from_name": "size", "value": {"choices": [how_large]}}
        return [*answer("Bad"), {**answer("Bad")[0], **more}]

    project = client.project(
        f"Set-up {request.node.name}"[:50],
        before,
        [
            {"data": {"text": each}, "annotations": [{"result": about(each)}]}
            for each in ("Large", "Small", "Small")
        ],
    )
    page.goto(f"/projects/{project}/settings/labeling")
    expect(page.get_by_text("Valid", exact=True)).to_be_visible()
    after = before.replace('<Choice value="Bad"/>', '<Choice value="Poor"/><Choice value="Awful"/>')
    write(page, after)
    page.get_by_role("button", name="Save").click()
    dialog = page.get_by_role("dialog", name="What becomes of what is there?")
    bad = "Bad of mood"
    fate = dialog.get_by_role("combobox", name=f"What becomes of {bad}", exact=True)
    fate.select_option("is split by what else was said")
    expect(dialog.get_by_text("Decide about each")).to_be_visible()
    dialog.get_by_role("combobox", name=f"Case 1 of {bad}").select_option("with Large of size")
    dialog.get_by_role("combobox", name=f"What becomes of {bad} in case 1").select_option("becomes Awful")
    dialog.get_by_role("combobox", name=f"What becomes of {bad} otherwise").select_option("becomes Poor")
    expect(dialog.locator(".trial")).to_contain_text("3 annotations")
    judge(page, "migration-split")
    # A case more, thought better of.
    dialog.get_by_role("button", name=f"Add a case to {bad}").click()
    expect(dialog.get_by_text("Decide about each")).to_be_visible()
    dialog.get_by_role("button", name=f"Remove case 2 of {bad}").click()
    dialog.get_by_role("button", name="Change set-up and annotations").click()
    expect(page.get_by_text("Set-up and annotations changed")).to_be_visible()
    assert moods(client, project) == [("mood", "Awful"), ("mood", "Poor"), ("mood", "Poor")]
