/* Says when the connection drops and returns, and that a form was not sent while there is none. */
(() => {
  const start = () => {
    const line = document.getElementById("connection");
    if (!line) return;
    const say = (text, tone) => {
      line.textContent = text;
      line.dataset.tone = tone;
    };
    const lost = () => say(line.dataset.lost, "lost");
    window.addEventListener("offline", lost);
    window.addEventListener("online", () => {
      say(line.dataset.back, "back");
      setTimeout(() => line.dataset.tone === "back" && say("", ""), 6000);
    });
    // A copy, and the page for when there is none, say so themselves.
    if (!navigator.onLine && !document.querySelector("[data-copy]:not([hidden]), [data-offline]")) lost();
    document.addEventListener(
      "submit",
      (event) => {
        if (navigator.onLine) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        say("", "");
        // A new text in a live region is read out, the same one is not.
        setTimeout(() => say(line.dataset.unsent, "lost"), 50);
      },
      true,
    );
    document.addEventListener("htmx:sendError", () => say(line.dataset.unsent, "lost"));
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
  if ("serviceWorker" in navigator)
    window.addEventListener("load", () => navigator.serviceWorker.register("/sw.js").catch(() => {}));
})();
