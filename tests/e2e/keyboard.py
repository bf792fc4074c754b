"""Getting around with the keyboard, as somebody does who has no pointing device."""

from playwright.sync_api import Page

# What has the focus, and what it is called; looks into shadow roots.
_FOCUSED = """() => {
  let at = document.activeElement;
  while (at && at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
  if (!at) return '';
  const by = (at.getAttribute('aria-labelledby') || '').split(' ').map((id) => document.getElementById(id));
  const labels = [...(at.labels || []), ...by].filter(Boolean).map((label) => label.textContent.trim());
  return at.getAttribute('aria-label') || labels.join(' ') || at.textContent.trim() || at.getAttribute('placeholder') || '';
}"""


def focused(page: Page) -> str:
    """Name of the element that has the focus."""
    return str(page.evaluate(_FOCUSED))


def tab_to(page: Page, name: str, *, key: str = "Tab", limit: int = 80) -> None:
    """Press Tab until the focus is on an element whose name starts with `name`."""
    passed = []
    for _ in range(limit):
        page.keyboard.press(key)
        here = focused(page)
        if here.startswith(name):
            return
        passed.append(here[:40])
    raise AssertionError(f"Tab never came to {name!r}. It passed {passed}")


def run_command(page: Page, title: str) -> None:
    """Search the command palette and run what it finds first."""
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search commands").wait_for()
    page.keyboard.type(title)
    page.get_by_role("option", name=title).first.wait_for()
    page.keyboard.press("Enter")
