"""The import page as tests use it."""

import re
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import ElementHandle, FilePayload, Locator, Page, expect


def drop(page: Page, paths: Sequence[Path]) -> None:
    """Drop real files from the disk onto the page, as a drag from the desktop would."""
    carrier = page.evaluate_handle(
        "() => Object.assign(document.body.appendChild(document.createElement('input')), {type: 'file', multiple: true, hidden: true})"
    )
    element = carrier.as_element()
    assert isinstance(element, ElementHandle)
    element.set_input_files(paths)
    transfer = page.evaluate_handle(
        "(input) => { const all = new DataTransfer(); for (const file of input.files) all.items.add(file); input.remove(); return all; }",
        carrier,
    )
    # Beside the drop zone, on purpose: the whole page takes files.
    for event in ("dragenter", "dragover", "drop"):
        page.locator("main").dispatch_event(event, {"dataTransfer": transfer})


def choose(page: Page, *files: Path | FilePayload) -> None:
    """Choose files with the chooser behind the drop zone."""
    page.get_by_label("Files to import").set_input_files(list(files))  # type: ignore[arg-type]


def rows(page: Page) -> Locator:
    """The files on the bench."""
    return page.get_by_role("list", name="Files").get_by_role("listitem")


def row(page: Page, name: str) -> Locator:
    return rows(page).filter(has_text=name)


def select(page: Page, name: str) -> Locator:
    """Select a file on the bench; its preview."""
    row(page, name).get_by_role("button", name=name).first.click()
    return page.get_by_role("region", name=f"Preview of {name}")


def begin_import(page: Page, files: int) -> Locator:
    """Import what is on the bench; the card of the import."""
    button = page.get_by_role("button", name=re.compile(rf"^Import {files} files?\b"))
    expect(button).to_be_enabled()
    with page.expect_response(re.compile(r"/import(\?[^/]*)?$")) as sent:
        button.click()
    return page.locator(f"#import-{sent.value.json()['import']}")
