"""Where things are drawn, in CSS pixels of the window."""

from typing import Any

from playwright.sync_api import Locator, Page

# The rectangle of the n-th occurrence of some words in the text that is shown.
_WORDS = """([words, nth]) => {
  const root = document.querySelector('.ed-text');
  const nodes = [], walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let text = '';
  while (walker.nextNode()) { nodes.push([walker.currentNode, text.length]); text += walker.currentNode.data; }
  let at = -1;
  for (let found = 0; found <= nth; found++) at = text.indexOf(words, at + 1);
  if (at < 0) return null;
  const place = (offset, end) => {
    const [node, start] = nodes.findLast(([, start]) => end ? start < offset : start <= offset);
    return [node, offset - start];
  };
  const range = document.createRange();
  range.setStart(...place(at, false));
  range.setEnd(...place(at + words.length, true));
  const [first, last] = [range.getClientRects()[0], [...range.getClientRects()].at(-1)];
  return { left: first.left, top: first.top + first.height / 2, right: last.right, bottom: last.top + last.height / 2 };
}"""


def words(page: Page, text: str, nth: int = 0) -> dict[str, float]:
    """Left end and right end of the words, each at half the height of its line."""
    found: dict[str, float] | None = page.evaluate(_WORDS, [text, nth])
    assert found, f"the text does not show {text!r}"
    return found


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press, move in a few steps, release."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=3)
    page.mouse.move(*end, steps=3)
    page.mouse.up()


def select_words(page: Page, text: str, nth: int = 0) -> None:
    at = words(page, text, nth)
    drag(page, (at["left"] + 0.5, at["top"]), (at["right"] - 0.5, at["bottom"]))


def frame(locator: Locator) -> dict[str, Any]:
    box = locator.bounding_box()
    assert box, f"{locator} is not laid out"
    return dict(box)


def chip(page: Page, label: str) -> Locator:
    """The button that picks a label."""
    return page.get_by_role("group", name="Labels of").get_by_role("button", name=label)


def picture(page: Page) -> Locator:
    """The image of the task, once it is drawn."""
    shown = page.locator(".ed-image-picture")
    shown.wait_for()
    return shown


def strip(page: Page) -> Locator:
    """The waveform of the task, once it can be marked."""
    shown = page.locator(".ed-audio-stage:not([aria-busy])")
    shown.wait_for()
    return shown
