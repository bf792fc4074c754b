"""Every page in light and dark: readable by everybody, without an error, and pictured for a person to look at."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.bench import begin_import, choose, row, select
from tests.e2e.client import Client
from tests.e2e.conftest import SCREENSHOTS, WEB
from tests.e2e.surface import chip, drag, frame, picture, strip
from tests.support.process import ServerProcess

AXE = WEB / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
MOODS = (
    '<View><Text name="text" value="$text"/><Choices name="mood" toName="text">'
    '<Choice value="Good"/><Choice value="Bad"/></Choices></View>'
)
# What a person sees of the window, of which the object must get three quarters.
WINDOW = 1280 * 720


def judge(page: Page, name: str) -> None:
    """Screenshots and accessibility of what is shown now, in both themes."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    problems = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        # Colours of canvases follow in the next frame.
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        page.screenshot(path=SCREENSHOTS / f"{name}-{theme}.png")
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE.read_text("utf-8"))
        options = {"runOnly": RULES, "resultTypes": ["violations"]}
        report = page.evaluate(f"axe.run({json.dumps(options)})")
        problems += [
            f"{theme} {violation['id']}: {node['html'][:200]} ({node['failureSummary']})"
            for violation in report["violations"]
            for node in violation["nodes"]
        ]
    page.emulate_media(color_scheme="light")
    assert not problems, f"{name}\n" + "\n".join(problems)


@pytest.fixture
def project(client: Client, request: pytest.FixtureRequest) -> int:
    """A project with tasks of every state."""
    answer = {
        "id": "a",
        "from_name": "mood",
        "to_name": "text",
        "type": "choices",
        "value": {"choices": ["Good"]},
    }
    tasks: list[dict[str, Any]] = [
        {"data": {"text": f"The parcel {number} came on time and the driver was kind.", "channel": "mail"}}
        for number in range(40)
    ]
    tasks[0]["annotations"] = [{"result": [answer]}]
    tasks[1]["predictions"] = [{"result": [answer], "score": 0.9, "model_version": "m"}]
    return client.project(
        f"Pages {request.node.name}"[:50], MOODS, tasks, description="For the people who look at pages."
    )


def test_projects(page: Page) -> None:
    page.goto("/projects")
    expect(page.get_by_role("link", name="Customer messages", exact=True)).to_be_visible()
    judge(page, "projects")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog").get_by_role("option").first).to_be_visible()
    judge(page, "palette")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    judge(page, "keys")
    page.keyboard.press("Escape")
    page.get_by_role("searchbox", name="Search projects").fill("nothing is called this")
    expect(page.get_by_role("heading", name="No project is called")).to_be_visible()
    judge(page, "projects-none-found")


def test_new_project(page: Page) -> None:
    page.goto("/projects/new")
    page.get_by_role("textbox", name="Name").fill("A fresh project")
    judge(page, "wizard-name")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sentiment of a text")).to_be_visible()
    judge(page, "wizard-gallery")
    page.get_by_role("button", name="Named entities").first.click()
    expect(page.get_by_text("Valid", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Preview").locator(".ed-text")).to_be_visible()
    judge(page, "wizard-set-up")


def test_wrong_set_up(watched: tuple[Page, Any]) -> None:
    page, watch = watched
    watch.expect(400, "/api/projects/validate$")
    page.goto("/projects/new")
    page.get_by_role("textbox", name="Name").fill("A wrong project")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Write your own").click()
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text('<View>\n  <Text name="text"/>\n  <Choises name="c" toName="txt"/>\n</View>')
    expect(page.locator(".studio-problems li").first).to_be_visible()
    judge(page, "wizard-mistakes")


def test_data(page: Page, project: int, client: Client) -> None:
    page.goto(f"/projects/{project}/data")
    expect(page.get_by_text("The parcel 3 came")).to_be_visible()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    judge(page, "data")
    street = client.project_named("Things in the street")
    page.goto(f"/projects/{street}/data")
    thumbnail = page.get_by_role("grid").get_by_role("img").first
    expect(thumbnail).to_have_js_property("complete", True)
    judge(page, "data-images")
    empty = client.project("Without tasks", MOODS)
    page.goto(f"/projects/{empty}/data")
    expect(page.get_by_role("heading", name="No tasks yet")).to_be_visible()
    judge(page, "data-empty")
    page.goto(f"/projects/{empty}/label")
    expect(page.get_by_role("heading", name="There is nothing to label yet")).to_be_visible()
    judge(page, "label-empty")


def test_import(page: Page, client: Client) -> None:
    empty = client.project("To be filled", MOODS)
    page.goto(f"/projects/{empty}/import?new=1")
    expect(page.get_by_role("heading", name="How it goes")).to_be_visible()
    judge(page, "import-empty")
    page.get_by_role("button", name="From web addresses").click()
    page.get_by_role("textbox", name="Web addresses of files").fill("example.org/reviews.csv")
    judge(page, "import-addresses")
    page.get_by_role("button", name="Cancel").click()

    table = "id;text;channel;stars\n" + "".join(
        f"{n:03};The parcel {n} came on time and the driver was kind.;mail;{n % 5}\n" for n in range(40)
    )
    gaps = '{"text": "whole"}\n{"texd": "gap"}\n{"text": "whole again"}\n'
    choose(
        page,
        FilePayload(name="reviews.csv", mimeType="text/csv", buffer=table.encode()),
        FilePayload(
            name="other names.csv", mimeType="text/csv", buffer=table.replace("text", "Body").encode()
        ),
        FilePayload(name="half.json", mimeType="application/json", buffer=b'[{"text": "half"}, {"te'),
        FilePayload(name="gaps.jsonl", mimeType="text/plain", buffer=gaps.encode()),
    )
    expect(row(page, "half.json").get_by_role("img", name="Cannot be read")).to_be_visible()
    expect(row(page, "reviews.csv").get_by_role("img", name="Ready")).to_be_visible()
    judge(page, "import-bench")
    preview = select(page, "other names.csv")
    expect(preview.get_by_label("Column for text")).to_be_visible()
    judge(page, "import-missing-key")
    preview.get_by_label("Column for text").select_option("Body")
    expect(row(page, "other names.csv").get_by_role("img", name="Ready")).to_be_visible()
    page.get_by_label("Wrong rows").select_option("skip")
    page.get_by_label("Tasks that are here already").select_option("fields")
    page.get_by_role("checkbox", name="text").check()
    judge(page, "import-options")
    page.get_by_role("button", name="Check only").click()
    expect(page.get_by_text("would be imported")).to_be_visible()
    judge(page, "import-checked")
    card = begin_import(page, 3)
    expect(card).to_contain_text("imported")
    expect(card.get_by_role("link", name="Download 1 row")).to_be_visible()
    page.get_by_role("button", name="Take out half.json").click()
    judge(page, "import-result")
    card.get_by_role("button", name="Undo…").click()
    expect(page.get_by_role("dialog")).to_contain_text("are deleted")
    judge(page, "import-undo")


def test_export_and_settings(page: Page, project: int, client: Client) -> None:
    page.goto(f"/projects/{project}/export")
    expect(page.get_by_role("radio").first).to_be_visible()
    expect(page.get_by_text("The file will hold 1 task")).to_be_visible()
    judge(page, "export")
    page.goto(f"/projects/{project}/settings")
    expect(page.get_by_role("textbox", name="Instructions")).to_be_visible()
    judge(page, "settings")
    page.goto(f"/projects/{project}/settings/labeling")
    expect(page.get_by_text("Valid", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Preview").get_by_role("radio").first).to_be_visible()
    judge(page, "settings-labeling")
    page.goto(f"/projects/{project}/settings/danger-zone")
    expect(page.get_by_text("Nothing to bring back.")).to_be_visible()
    chosen = {"selectedItems": {"all": False, "included": [each["id"] for each in client.tasks(project)[:3]]}}
    client.post(f"/api/dm/actions?project={project}&id=delete_tasks", chosen)
    page.reload()
    expect(page.get_by_role("button", name="Bring back 3 tasks")).to_be_visible()
    judge(page, "settings-deleted-tasks")
    page.get_by_role("button", name="Forget 3 tasks").click()
    expect(page.get_by_role("dialog")).to_contain_text("cannot be brought back")
    judge(page, "settings-forget-tasks")
    page.get_by_role("button", name="Keep them").click()
    page.get_by_role("button", name="Bring back 3 tasks").click()
    expect(page.get_by_text("3 tasks are back")).to_be_visible()
    expect(page.get_by_text("Nothing to bring back.")).to_be_visible()
    assert client.get(f"/api/projects/{project}")["task_number"] == 40
    page.get_by_role("button", name="Delete project").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    judge(page, "settings-danger")


def test_account_and_lost_pages(watched: tuple[Page, Any]) -> None:
    page, watch = watched
    watch.expect(404, r"GET .*/api/.*\b99999\b")
    page.goto("/account")
    expect(page.get_by_role("heading", name="Personal access token")).to_be_visible()
    judge(page, "account")
    page.goto("/projects/1/nowhere")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    judge(page, "not-found")
    page.goto("/projects/99999/data")
    expect(page.get_by_role("heading", name="This could not be loaded")).to_be_visible()
    judge(page, "failure")


def test_sign_in(start_server: Callable[..., ServerProcess], open_context: Callable[..., Any]) -> None:
    server = start_server(env={"LABELYARD_LOCAL_MODE": "false"})
    page = open_context(server.url)[0].new_page()
    page.goto("/user/signup/")
    expect(page.get_by_role("heading", name="Create your account")).to_be_visible()
    judge(page, "sign-up")
    page.goto("/user/login/")
    page.get_by_role("textbox", name="E-mail").fill("nobody@example.org")
    page.get_by_label("Password").fill("not a password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    judge(page, "sign-in-refused")
    page.goto("/user/signup/")
    page.get_by_role("textbox", name="E-mail").fill("ada@example.org")
    page.get_by_label("Password").fill("correct horse battery")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Start with a project")).to_be_visible()
    judge(page, "projects-first")


@pytest.fixture
def label(page: Page, client: Client) -> Iterator[Callable[[str], Page]]:
    """Open the labeling page of a sample project."""

    def open_sample(title: str) -> Page:
        page.goto(f"/projects/{client.project_named(title)}/label")
        expect(page.locator(".ed-object")).to_be_visible()
        return page

    yield open_sample


def share_of(page: Page, selector: str) -> float:
    """How much of the window an element gets that fills what it may."""
    shown = frame(page.locator(selector))
    return float(shown["width"] * shown["height"] / WINDOW)


def test_label_text(label: Callable[[str], Page]) -> None:
    page = label("Customer messages")
    page.keyboard.press("p")
    page.keyboard.press("1")
    expect(page.get_by_text("Draft saved")).to_be_visible()
    judge(page, "label-text")
    assert share_of(page, ".ed-content") >= 0.75


def test_label_spans(page: Page, client: Client) -> None:
    project = client.project_named("Names in the news")
    task = next(task for task in client.tasks(project) if task["predictions"])
    page.goto(f"/projects/{project}/tasks/{task['id']}")
    page.get_by_role("listbox", name="Regions").get_by_role("option").first.click()
    expect(page.get_by_role("region", name="Selected region")).to_be_visible()
    judge(page, "label-spans")
    assert share_of(page, ".ed-content") >= 0.75


def test_label_boxes(label: Callable[[str], Page], tmp_path: Path) -> None:
    page = label("Things in the street")
    shown = frame(picture(page))
    assert share_of(page, ".ed-object") >= 0.75
    for name, (x, y, w, h) in {"Car": (0.08, 0.71, 0.19, 0.1), "House": (0.47, 0.34, 0.2, 0.32)}.items():
        chip(page, name).click()
        start = (shown["x"] + x * shown["width"], shown["y"] + y * shown["height"])
        drag(page, start, (start[0] + w * shown["width"], start[1] + h * shown["height"]))
        expect(chip(page, name)).to_contain_text("1")
        page.keyboard.press("Escape")
    page.keyboard.press("Alt+.")
    judge(page, "label-boxes")
    assert share_of(page, ".ed-object") >= 0.75
    page.get_by_role("button", name="Open the panel").click()
    judge(page, "label-boxes-panel")


def test_label_boxes_with_questions(page: Page, client: Client) -> None:
    config = (
        '<View><RectangleLabels name="l" toName="i"><Label value="Sign"/></RectangleLabels><Image name="i" value="$image"/>'
        '<Header value="What does it say?"/><TextArea name="words" toName="i" perRegion="true"/></View>'
    )
    project = client.project("Signs", config, [{"image": "/samples/image.png"}])
    page.goto(f"/projects/{project}/label")
    shown = frame(picture(page))
    chip(page, "Sign").click()
    start = (shown["x"] + 0.1 * shown["width"], shown["y"] + 0.1 * shown["height"])
    drag(page, start, (start[0] + 100, start[1] + 60))
    # The panel is closed: the question comes over the picture, which keeps its place.
    page.get_by_role("textbox", name="words").fill("no parking")
    judge(page, "label-question")
    assert frame(picture(page)) == shown
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("submitted")).to_be_visible()
    (annotation,) = client.tasks(project)[0]["annotations"]
    assert [item["value"].get("text") for item in annotation["result"]] == [None, ["no parking"]]


def test_label_sounds(label: Callable[[str], Page]) -> None:
    page = label("Sounds of the town")
    shown = frame(strip(page))
    chip(page, "Bird").click()
    middle = shown["y"] + shown["height"] * 0.6
    drag(page, (shown["x"] + 0.42 * shown["width"], middle), (shown["x"] + 0.58 * shown["width"], middle))
    expect(page.get_by_role("radio", name="Faint")).to_be_visible()
    page.get_by_role("radio", name="Faint").click()
    judge(page, "label-sounds")
    assert share_of(page, ".ed-content") >= 0.75
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    judge(page, "label-keys")
