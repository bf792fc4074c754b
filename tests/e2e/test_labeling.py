"""Work on tasks: drafts, submit, update, skip, keys, predictions, instructions."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.e2e.client import Client
from tests.e2e.keyboard import tab_to
from tests.e2e.surface import chip, picture, select_words, strip
from tests.support import media

MOODS = (
    '<View><Text name="text" value="$text"/><Choices name="mood" toName="text" required="true">'
    '<Choice value="Good"/><Choice value="Bad"/></Choices></View>'
)
NAMES = (
    '<View><Labels name="who" toName="text"><Label value="Person"/><Label value="Place"/></Labels>'
    '<Text name="text" value="$text"/>'
    '<TextArea name="why" toName="text" perRegion="true" placeholder="Why?"/></View>'
)
LINE = "Ada met Bob in Rome 🙂 and Zoë in Bonn."


@pytest.fixture
def moods(client: Client, request: pytest.FixtureRequest) -> int:
    """A fresh project with five texts to classify."""
    return client.project(f"Moods {request.node.name}"[:50], MOODS, [{"text": f"text {n}"} for n in range(5)])


def span(start: int, end: int, label: str, identity: str = "a1") -> dict[str, Any]:
    value = {"start": start, "end": end, "text": LINE[start:end], "labels": [label]}
    return {"id": identity, "from_name": "who", "to_name": "text", "type": "labels", "value": value}


def names(client: Client, request: pytest.FixtureRequest, *predicted: dict[str, Any]) -> int:
    task: dict[str, Any] = {"data": {"text": LINE}}
    if predicted:
        task["predictions"] = [{"model_version": "m1", "score": 0.75, "result": list(predicted)}]
    return client.project(f"Names {request.node.name}"[:50], NAMES, [task])


def open_stream(page: Page, project: int, text: str) -> None:
    page.goto(f"/projects/{project}/label")
    expect(page.locator(".ed-text")).to_have_text(text)


def saved(page: Page) -> None:
    expect(page.get_by_text("Draft saved")).to_be_visible()


def regions(page: Page):
    return page.get_by_role("listbox", name="Regions").get_by_role("option")


# Milliseconds from the submit to the text of the next task on the screen.
_SUBMIT_AND_WAIT = """(text) => new Promise((done) => {
  const start = performance.now();
  const look = () => document.querySelector('.ed-text')?.textContent === text
    ? done(performance.now() - start) : requestAnimationFrame(look);
  dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', code: 'Enter', ctrlKey: true, cancelable: true}));
  look();
})"""


def test_a_draft_outlives_a_reload(page: Page, client: Client, moods: int) -> None:
    open_stream(page, moods, "text 0")
    page.get_by_role("radio", name="Bad").click()
    saved(page)
    task = client.tasks(moods)[0]
    (draft,) = client.get(f"/api/tasks/{task['id']}/drafts")
    assert draft["result"][0]["value"] == {"choices": ["Bad"]}
    assert client.tasks(moods)[0]["annotations"] == []

    page.reload()
    expect(page.get_by_text("Your draft, restored")).to_be_visible()
    expect(page.get_by_role("radio", name="Bad")).to_be_checked()
    page.get_by_role("radio", name="Good").click()
    saved(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".ed-text")).to_have_text("text 1")
    expect(page.get_by_text(f"Task {task['id']} submitted")).to_be_visible()
    (annotation,) = client.tasks(moods)[0]["annotations"]
    assert annotation["result"][0]["value"] == {"choices": ["Good"]}
    assert client.get(f"/api/tasks/{task['id']}/drafts") == []


def test_an_edit_just_before_leaving_is_not_lost(page: Page, client: Client, moods: int) -> None:
    open_stream(page, moods, "text 0")
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith("/drafts")):
        page.get_by_role("radio", name="Bad").click()
        page.get_by_role("link", name="Back to the data").click()
    page.get_by_role("button", name="Label tasks").click()
    expect(page.get_by_role("radio", name="Bad")).to_be_checked()


def test_submit_update_take_back_skip(page: Page, client: Client, moods: int) -> None:
    first, second, *_ = (task["id"] for task in client.tasks(moods))
    open_stream(page, moods, "text 0")
    # What the set-up requires is asked for, and nothing is sent.
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".toast-danger")).to_be_visible()
    expect(page.locator(".ed-text")).to_have_text("text 0")
    page.keyboard.press("1")
    # With the answer the objection goes, long before it would by itself.
    expect(page.locator(".toast-danger")).to_be_hidden(timeout=5_000)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(f"Task {first} submitted")).to_be_visible()
    expect(page.locator(".ed-text")).to_have_text("text 1")

    # Back, and another answer: the same annotation changes.
    page.get_by_role("button", name="Previous task").click()
    expect(page.locator(".ed-text")).to_have_text("text 0")
    expect(page.get_by_role("radio", name="Good")).to_be_checked()
    page.keyboard.press("2")
    page.get_by_role("button", name="Update").click()
    expect(page.get_by_text(f"Task {first} updated")).to_be_visible()
    expect(page.locator(".ed-text")).to_have_text("text 1")
    (annotation,) = client.tasks(moods)[0]["annotations"]
    assert annotation["result"][0]["value"] == {"choices": ["Bad"]}

    # Skipping asks for no answer.
    page.keyboard.press("Control+Space")
    expect(page.get_by_text(f"Task {second} skipped")).to_be_visible()
    expect(page.locator(".ed-text")).to_have_text("text 2")
    (skipped,) = client.tasks(moods)[1]["annotations"]
    assert skipped["was_cancelled"] is True

    # A submit can be taken back, even before its answer has come: it is a draft again.
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".ed-text")).to_have_text("text 3")
    page.keyboard.press("Alt+z")
    expect(page.locator(".ed-text")).to_have_text("text 2")
    expect(page.get_by_role("radio", name="Good")).to_be_checked()
    assert client.tasks(moods)[2]["annotations"] == []
    answers = {task["id"]: task["annotations"][0]["was_cancelled"] for task in client.annotated(moods)}
    assert answers == {first: False, second: True}


def test_the_next_task_is_there_before_the_server_answers(page: Page, client: Client, moods: int) -> None:
    open_stream(page, moods, "text 0")
    times = []
    silent = False
    held: list[Route] = []

    def answer(route: Route) -> None:
        if silent:
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/**", answer)
    for number in range(3):
        # The task after this one has been fetched ahead: from here on the server is silent until it is shown.
        expect(page.locator(".ed-text")).to_have_text(f"text {number}")
        page.wait_for_function(
            "(count) => performance.getEntriesByType('resource').filter((e) => /\\/next/.test(e.name) && e.responseEnd).length >= count",
            arg=number + 2,
        )
        silent = True
        page.keyboard.press("1")
        times.append(page.evaluate(_SUBMIT_AND_WAIT, f"text {number + 1}"))
        silent = False
        for route in held:
            route.continue_()
        held.clear()
    assert min(times) < 300, times
    expect(page.get_by_text("submitted")).to_have_count(3)
    assert len(client.annotated(moods)) == 3


def test_a_lost_connection_costs_nothing(watched: tuple[Page, Any], client: Client, moods: int) -> None:
    page, watch = watched
    open_stream(page, moods, "text 0")
    page.context.set_offline(True)
    page.keyboard.press("1")
    expect(page.get_by_text("Draft not saved, trying again")).to_be_visible()
    page.context.set_offline(False)
    saved(page)
    # What the browser says about requests without a network belongs to the test.
    watch.troubles[:] = [each for each in watch.troubles if "ERR_INTERNET_DISCONNECTED" not in each]
    page.keyboard.press("Control+Enter")
    expect(page.locator(".ed-text")).to_have_text("text 1")
    expect(page.get_by_text("submitted")).to_be_visible()
    assert len(client.annotated(moods)) == 1


def test_undo_redo_relabel_and_questions_about_a_region(
    page: Page, client: Client, request: pytest.FixtureRequest
) -> None:
    project = names(client, request)
    open_stream(page, project, LINE)
    # Words first, then the label's key: behind the emoji and an accent, where offsets are easily wrong.
    select_words(page, "Zoë")
    page.keyboard.press("1")
    expect(regions(page)).to_have_count(1)
    expect(regions(page)).to_contain_text("Person")
    page.get_by_role("textbox", name="why").fill("a first name")
    # Submits from inside the field, with what has just been typed.
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="No more tasks for you")).to_be_visible()
    expect(page.get_by_text("submitted")).to_be_visible()
    page.goto(f"/projects/{project}/tasks/{client.tasks(project)[0]['id']}")
    expect(regions(page)).to_have_count(1)

    # Another one, another label, and back again.
    select_words(page, "Rome")
    page.keyboard.press("1")
    expect(regions(page)).to_have_count(2)
    regions(page).filter(has_text="Rome").click()
    page.keyboard.press("2")
    expect(regions(page).filter(has_text="Rome")).to_contain_text("Place")
    page.keyboard.press("Control+z")
    expect(regions(page).filter(has_text="Rome")).to_contain_text("Person")
    page.keyboard.press("Control+z")
    expect(regions(page)).to_have_count(1)
    page.get_by_role("button", name=re.compile("^Redo")).click()
    page.keyboard.press("Control+Shift+z")
    expect(regions(page).filter(has_text="Rome")).to_contain_text("Place")
    # Deleting needs no question, as it can be undone.
    regions(page).filter(has_text="Zoë").click()
    page.keyboard.press("Backspace")
    expect(regions(page)).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(regions(page)).to_have_count(2)
    page.get_by_role("button", name="Update").click()
    expect(page.get_by_text(re.compile(r"Task \d+ updated"))).to_be_visible()

    (annotation,) = client.tasks(project)[0]["annotations"]
    by_text = {
        item["value"].get("text"): item["value"] for item in annotation["result"] if item["type"] == "labels"
    }
    start = LINE.index("Zoë")
    assert by_text["Zoë"] == {"start": start, "end": start + 3, "text": "Zoë", "labels": ["Person"]}
    assert by_text["Rome"]["labels"] == ["Place"]
    (why,) = [item for item in annotation["result"] if item["type"] == "textarea"]
    assert (why["value"]["text"], why["value"]["start"]) == (["a first name"], start)


def test_a_prediction_is_the_start(page: Page, client: Client, request: pytest.FixtureRequest) -> None:
    project = names(client, request, span(0, 3, "Person"), span(15, 19, "Person", "a2"))
    open_stream(page, project, LINE)
    expect(regions(page)).to_have_count(2)
    expect(regions(page).get_by_role("img", name="predicted")).to_have_count(2)
    # Looking at it is no work yet: no draft.
    expect(page.get_by_text("Draft saved")).to_be_hidden()
    # The second one is wrong.
    regions(page).filter(has_text="Rome").click()
    chip(page, "Place").click()
    expect(regions(page).filter(has_text="Rome")).to_contain_text("Place")
    expect(regions(page).get_by_role("img", name="predicted")).to_have_count(1)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("submitted")).to_be_visible()
    (task,) = client.tasks(project)
    (annotation,) = task["annotations"]
    assert annotation["parent_prediction"] == task["predictions"][0]["id"]
    origins = {
        item["value"]["text"]: (item["value"]["labels"], item["origin"]) for item in annotation["result"]
    }
    assert origins == {"Ada": (["Person"], "prediction"), "Rome": (["Place"], "prediction-changed")}
    assert [item["id"] for item in annotation["result"]] == ["a1", "a2"]


def test_a_predicted_choice_says_whose_it_is(page: Page, client: Client) -> None:
    guess = {
        "id": "g",
        "from_name": "mood",
        "to_name": "text",
        "type": "choices",
        "value": {"choices": ["Good"]},
    }
    prediction = {"model_version": "m1", "score": 0.75, "result": [guess]}
    task = {"data": {"text": LINE}, "predictions": [prediction]}
    project = client.project("Guessed mood", MOODS, [task])
    open_stream(page, project, LINE)
    expect(page.get_by_role("radio", name="Good")).to_be_checked()
    expect(page.get_by_text("Suggested by m1, score 0.75")).to_be_visible()
    page.get_by_role("radio", name="Bad").click()
    saved(page)
    expect(page.get_by_text("Suggested by")).to_be_hidden()


def test_instructions_come_once_and_on_demand(page: Page, client: Client) -> None:
    project = client.project(
        "Instructed",
        MOODS,
        [{"text": "only one"}],
        show_instruction=True,
        expert_instruction="<p>Judge the <b>tone</b>.</p><img src=x onerror='document.title=1'><script>alert(1)</script>",
    )
    page.goto(f"/projects/{project}/label")
    dialog = page.get_by_role("dialog", name="Instructions")
    expect(dialog).to_contain_text("Judge the tone.")
    expect(dialog.locator("b")).to_have_text("tone")
    expect(dialog.locator("script, [onerror]")).to_have_count(0)
    # The focus is on the way out; label keys do nothing meanwhile.
    page.keyboard.press("1")
    expect(page.get_by_role("radio", name="Good", include_hidden=True)).not_to_be_checked()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    page.reload()
    expect(page.locator(".ed-text")).to_have_text("only one")
    expect(dialog).to_be_hidden()
    page.keyboard.press("Alt+i")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_one_task_with_several_annotations(page: Page, client: Client, moods: int) -> None:
    task = client.tasks(moods)[0]["id"]
    page.goto(f"/projects/{moods}/tasks/{task}")
    page.get_by_role("radio", name="Good").click()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text(f"Task {task} submitted")).to_be_visible()
    expect(page.get_by_role("button", name="Update")).to_be_visible()
    page.get_by_role("button", name="New annotation", exact=True).click()
    expect(page.get_by_role("radio", name="Good")).not_to_be_checked()
    page.get_by_role("radio", name="Bad").click()
    page.get_by_role("button", name="Submit").click()
    expect(
        page.get_by_role("combobox", name="Annotation or prediction").locator("optgroup option")
    ).to_have_count(2)
    choices = [each["result"][0]["value"]["choices"] for each in client.tasks(moods)[0]["annotations"]]
    assert sorted(choices) == [["Bad"], ["Good"]]


def test_at_the_end_there_is_a_way_on(page: Page, client: Client) -> None:
    project = client.project("Short", MOODS, [{"text": "the only one"}])
    open_stream(page, project, "the only one")
    page.keyboard.press("2")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="No more tasks for you")).to_be_visible()
    tab_to(page, "Back to the last task")
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Bad")).to_be_checked()
    expect(page.get_by_role("button", name="Update")).to_be_visible()


@pytest.mark.parametrize("kind", ["image", "audio"])
def test_media_that_cannot_be_loaded(watched: tuple[Page, Any], client: Client, kind: str) -> None:
    """The task stays usable and says what is missing."""
    page, watch = watched
    watch.expect(404, "gone")
    tag = kind.capitalize()
    config = f'<View><{tag} name="o" value="${kind}"/><Choices name="c" toName="o"><Choice value="a"/></Choices></View>'
    project = client.project(f"Broken {kind}", config, [{kind: "/data/upload/1/gone.bin"}])
    loaded: Callable[[Request], bool] = lambda request: "gone" in request.url  # noqa: E731
    with page.expect_request(loaded):
        page.goto(f"/projects/{project}/label")
    expect(page.locator(".ed-load-error")).to_contain_text("this server answered 404")
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("submitted")).to_be_visible()


def test_pictures_and_sounds_that_browsers_do_not_know(page: Page, client: Client) -> None:
    """TIFF, AIFF and .au are formats of `image-dir` and `audio-dir`; no browser shows or plays them."""
    config = (
        '<View><Image name="o" value="$f"/><Choices name="c" toName="o"><Choice value="a"/></Choices></View>'
    )
    project = client.project("A picture of the darkroom", config)
    client.upload(project, "print.tiff", media.image("TIFF", (64, 48)))
    page.goto(f"/projects/{project}/label")
    shown = picture(page)
    assert shown.evaluate("(it) => [it.naturalWidth ?? it.width, it.naturalHeight ?? it.height]") == [64, 48]
    project = client.project("Sounds of the last century", config.replace("Image", "Audio"))
    client.upload(project, "tone.aiff", media.tone_aiff(seconds=1.5))
    client.upload(project, "tone.au", media.tone_au(seconds=2.5))
    for task, length in zip(client.tasks(project), ("0:01.500", "0:02.500"), strict=True):
        page.goto(f"/projects/{project}/tasks/{task['id']}")
        strip(page)
        expect(page.get_by_text(f"/ {length}")).to_be_visible()
        page.keyboard.press("Alt+Space")
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        expect(page.locator(".ed-load-error")).to_have_count(0)


def test_a_file_that_is_no_picture_is_named(page: Page, client: Client) -> None:
    config = (
        '<View><Image name="o" value="$f"/><Choices name="c" toName="o"><Choice value="a"/></Choices></View>'
    )
    project = client.project("A sound for a picture", config)
    client.upload(project, "tone.wav", media.tone())
    page.goto(f"/projects/{project}/tasks/{client.tasks(project)[-1]['id']}")
    expect(page.locator(".ed-load-error")).to_contain_text("type audio/wav, 8044 bytes")
