/* Says that something is being sent or worked out, and lets a form be sent once. Nothing depends on it. */
(() => {
  const SLOW = 400; // milliseconds until waiting is worth a word
  const GIVES_UP = 20_000; // then a button can be pressed again, whatever became of the answer
  const start = () => {
    const line = document.getElementById("connection");
    if (!line) return;
    const say = (text, tone) => {
      line.textContent = text;
      line.dataset.tone = tone;
    };
    const unsay = (tone) => line.dataset.tone === tone && say("", "");
    const free = (form) => {
      delete form.dataset.sending;
      for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
      unsay("sending");
    };

    document.addEventListener("submit", (event) => {
      const form = event.target;
      if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
      if (form.dataset.sending) {
        event.preventDefault();
        return;
      }
      form.dataset.sending = "1";
      const button = event.submitter ?? form.querySelector("button:not([type=button])");
      button?.setAttribute("aria-disabled", "true");
      setTimeout(() => form.dataset.sending && say(line.dataset.sending, "sending"), SLOW);
      setTimeout(() => free(form), GIVES_UP);
    });
    // A page that the browser kept comes back as it was left.
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) for (const form of document.querySelectorAll("form[data-sending]")) free(form);
    });

    let asked = 0;
    document.addEventListener("htmx:beforeRequest", (event) => {
      const request = ++asked;
      event.detail.target.setAttribute("aria-busy", "true");
      unsay("failed");
      setTimeout(() => request === asked && event.detail.target.matches("[aria-busy]") && say(line.dataset.working, "working"), SLOW);
    });
    document.addEventListener("htmx:afterRequest", (event) => {
      event.detail.target.removeAttribute("aria-busy");
      unsay("working");
    });
    for (const trouble of ["htmx:responseError", "htmx:timeout"])
      document.addEventListener(trouble, () => say(line.dataset.failed, "failed"));
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
