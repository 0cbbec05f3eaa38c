/* A marked term leads to the glossary without this; with it, what it means is shown where one reads. */
document.addEventListener("DOMContentLoaded", () => {
  if (!HTMLElement.prototype.showPopover) return;
  const WIDE = window.matchMedia("(min-width: 48rem)");
  let pinned = null;

  function place(card, mark) {
    card.style.left = card.style.top = "";
    if (!WIDE.matches) return;
    const at = mark.getBoundingClientRect();
    const left = Math.max(12, Math.min(at.left, window.innerWidth - card.offsetWidth - 12));
    const below = at.bottom + 8 + card.offsetHeight < window.innerHeight;
    card.style.left = `${left}px`;
    card.style.top = `${Math.max(12, below ? at.bottom + 8 : at.top - card.offsetHeight - 8)}px`;
  }

  function show(card, mark) {
    if (!card.matches(":popover-open")) card.showPopover();
    place(card, mark);
  }

  function prepare(mark) {
    const card = document.getElementById(mark.dataset.term);
    if (!card || mark.dataset.ready) return;
    mark.dataset.ready = "1";
    let waiting;
    const hide = () => { if (pinned !== card && card.matches(":popover-open")) card.hidePopover(); };
    const soon = (what, after) => { clearTimeout(waiting); waiting = setTimeout(what, after); };
    mark.setAttribute("role", "button");
    mark.setAttribute("aria-expanded", "false");
    mark.addEventListener("click", (event) => {
      event.preventDefault();
      clearTimeout(waiting);
      const wasPinned = pinned === card && card.matches(":popover-open");
      pinned = wasPinned ? null : card;
      if (wasPinned) card.hidePopover();
      else show(card, mark);
    });
    mark.addEventListener("keydown", (event) => { if (event.key === " ") { event.preventDefault(); mark.click(); } });
    // A finger has no place to rest: there one press shows it.
    for (const each of [mark, card]) {
      each.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") soon(() => show(card, mark), 250); });
      each.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") soon(hide, 250); });
    }
    card.addEventListener("toggle", (event) => {
      mark.setAttribute("aria-expanded", String(event.newState === "open"));
      if (event.newState === "closed" && pinned === card) pinned = null;
    });
  }

  const all = (root) => root.querySelectorAll("a[data-term]").forEach(prepare);
  all(document);
  document.addEventListener("htmx:afterSettle", (event) => all(event.target));
});
