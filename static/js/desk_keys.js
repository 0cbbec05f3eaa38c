/* One key for each act of the collections desk: it presses what names the key in `data-key`. "?" shows them all. */
document.addEventListener("DOMContentLoaded", () => {
  const help = document.getElementById("keys");
  const shows = document.querySelector('[data-key="?"]');
  if (help && shows) {
    shows.hidden = false;
    shows.addEventListener("click", () => help.showModal());
  }
  document.addEventListener("keydown", (event) => {
    const writes = event.target.closest("input, textarea, select, [contenteditable]");
    if (writes || event.ctrlKey || event.metaKey || event.altKey || help?.open) return;
    const pressed = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!pressed) return;
    event.preventDefault();
    pressed.click();
  });
});
