/* A page that waits looks whether it would say something else by now, and only then shows itself anew. */
document.addEventListener("DOMContentLoaded", () => {
  const waiting = document.querySelector("[data-wait]");
  if (!waiting) return;
  const said = (root) => root.querySelector("main").textContent.replace(/\s+/g, " ");
  const now = said(document);
  setInterval(async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.redirected || said(page) !== now) location.reload();
  }, Number(waiting.dataset.wait) * 1000);
});
