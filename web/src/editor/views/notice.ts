/** A quiet message in place of content, with a Retry button when something can be tried again. */
export function notice(host: HTMLElement, text: string, retry?: () => void): HTMLElement {
  const box = document.createElement("div");
  box.className = "ed-notice";
  box.setAttribute("role", "status");
  box.append(text);
  if (retry) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "ed-button";
    button.textContent = "Retry";
    button.addEventListener("click", () => {
      box.remove();
      retry();
    });
    box.append(" ", button);
  }
  host.append(box);
  return box;
}
