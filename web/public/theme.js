// Runs before the first paint, so a person who chose a theme never sees the other one flash.
(() => {
  try {
    const theme = localStorage.getItem("labelyard.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be forbidden; the system theme is a good answer then.
  }
})();
