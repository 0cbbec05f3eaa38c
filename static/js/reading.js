/* The server decides when reading was long enough; this only counts the seconds down on the button. */
document.addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector("button[data-seconds]");
  const ready = button.textContent;
  const until = Date.now() + Number(button.dataset.seconds) * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? button.dataset.waiting.replace("#", left) : ready;
    if (left > 0) setTimeout(tick, 250);
  };
  tick();
});
