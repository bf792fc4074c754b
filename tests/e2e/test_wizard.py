"""Making a project: name, labeling set-up, data."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.bench import begin_import
from tests.e2e.client import Client
from tests.e2e.watch import Watch

# What the server says about a wrong set-up is part of these tests.
VALIDATE = r"POST .*/api/projects/validate$"


def begin(page: Page, name: str) -> None:
    page.goto("/projects")
    page.get_by_role("link", name="New project").click()
    page.get_by_role("textbox", name="Name").fill(name)
    page.keyboard.press("Enter")


def code(page: Page) -> str:
    return "\n".join(page.locator(".cm-content .cm-line").all_inner_texts())


def write_code(page: Page, text: str) -> None:
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    # As a paste: typing would close tags and indent by itself.
    page.keyboard.insert_text(text)


def test_from_a_template_to_the_first_label(page: Page, client: Client) -> None:
    begin(page, "Wizard project")
    page.get_by_role("button", name=re.compile("^Topics of a text")).click()
    expect(page.get_by_text("Valid", exact=True)).to_be_visible()
    preview = page.get_by_role("region", name="Preview")
    choices = preview.get_by_role("radio").or_(preview.get_by_role("checkbox"))
    expect(choices.first).to_be_visible()
    page.get_by_role("button", name="Create project").click()
    expect(page).to_have_url(re.compile(r"/projects/\d+/import\?new=1$"))
    project = client.project_named("Wizard project")

    page.get_by_role("button", name="Paste text or JSON instead").click()
    page.get_by_role("textbox", name="Text or JSON").fill(
        "First line\nSecond line: ähnlich\n\nThird 🙂 line\n"
    )
    page.get_by_role("button", name="Add 3 tasks").click()
    expect(begin_import(page, 1)).to_contain_text("3 tasks imported")
    page.get_by_role("link", name="Start labeling").click()
    expect(page.locator(".ed-text")).to_have_text("First line")
    assert [task["data"]["text"] for task in client.tasks(project)] == [
        "First line",
        "Second line: ähnlich",
        "Third 🙂 line",
    ]


def test_own_set_up_with_mistakes(watched: tuple[Page, Watch], client: Client) -> None:
    page, watch = watched
    watch.expect(400, VALIDATE)
    begin(page, "Own set-up")
    page.get_by_role("button", name="Write your own").click()
    expect(page.get_by_text("Valid", exact=True)).to_be_visible()
    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_role("radio", name="First")).to_be_visible()

    # A control that names an object that is not there: said with its line, marked at its line.
    write_code(
        page,
        '<View>\n  <Text name="text" value="$text"/>\n  <Choices name="choice" toName="txt">\n'
        '    <Choice value="Here"/>\n    <Choice value="There"/>\n  </Choices>\n</View>',
    )
    report = page.get_by_role("region", name="Labeling set-up").get_by_role("status")
    expect(report).to_contain_text(re.compile(r"line 3\b", re.IGNORECASE))
    expect(report).to_contain_text("txt")
    expect(page.get_by_role("button", name="Create project")).to_be_disabled()
    marked = page.locator(".cm-lint-marker-error")
    expect(marked).to_have_count(1)
    third = page.locator(".cm-lineNumbers .cm-gutterElement", has_text=re.compile("^3$"))
    marker, line = marked.bounding_box(), third.bounding_box()
    assert marker and line
    assert line["y"] <= marker["y"] + marker["height"] / 2 <= line["y"] + line["height"]
    # The preview keeps showing the last set-up that was valid.
    expect(preview.get_by_role("radio", name="First")).to_be_visible()

    # Not even XML.
    write_code(page, '<View>\n  <Text name="text" value="$text">\n</View>')
    expect(report).to_contain_text(re.compile(r"line \d", re.IGNORECASE))
    expect(page.get_by_role("button", name="Create project")).to_be_disabled()

    write_code(
        page,
        '<View>\n  <Text name="text" value="$body"/>\n  <Choices name="choice" toName="text">\n'
        '    <Choice value="Here"/>\n    <Choice value="There"/>\n  </Choices>\n</View>',
    )
    expect(page.get_by_text("Valid", exact=True)).to_be_visible()
    expect(preview.get_by_role("radio", name="There")).to_be_visible()
    expect(page.locator(".cm-lint-marker-error")).to_have_count(0)
    page.get_by_role("button", name="Create project").click()
    # The import page tells which keys the set-up reads.
    expect(page.get_by_text("The labeling set-up reads the key")).to_contain_text("body")
    config = client.get(f"/api/projects/{client.project_named('Own set-up')}")["label_config"]
    assert 'value="$body"' in config


def test_a_name_is_needed(page: Page) -> None:
    page.goto("/projects/new")
    name = page.get_by_role("textbox", name="Name")
    name.fill("ab")
    page.keyboard.press("Enter")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("button", name="Next").first).to_be_disabled()
    name.fill("abc")
    expect(name).not_to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("button", name="Next").first).to_be_enabled()


def test_a_set_up_in_use_keeps_what_its_annotations_need(watched: tuple[Page, Watch], client: Client) -> None:
    page, watch = watched
    watch.expect(400, r"POST .*/api/projects/\d+/validate$")
    item = {"id": "a", "from_name": "c", "to_name": "t", "type": "choices", "value": {"choices": ["x"]}}
    config = '<View><Text name="t" value="$text"/><Choices name="c" toName="t"><Choice value="x"/><Choice value="y"/></Choices></View>'
    project = client.project(
        "Set-up in use", config, [{"data": {"text": "one"}, "annotations": [{"result": [item]}]}]
    )
    page.goto(f"/projects/{project}/settings/labeling")
    expect(page.get_by_text("Valid", exact=True)).to_be_visible()
    write_code(page, config.replace('name="c"', 'name="d"'))
    report = page.get_by_role("region", name="Labeling set-up").get_by_role("status")
    expect(report.get_by_role("listitem").first).to_contain_text("c")
    write_code(page, config.replace("</Choices>", '<Choice value="z"/></Choices>'))
    expect(page.get_by_text("Valid", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Preview").get_by_role("radio", name="z")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Labeling set-up saved")).to_be_visible()
    assert 'value="z"' in client.get(f"/api/projects/{project}")["label_config"]
