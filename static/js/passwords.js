/* Lets a person look at the password they type; without this it stays dots. */
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("[data-show-password]")) {
    const box = document.getElementById(button.getAttribute("aria-controls"));
    if (!box) continue;
    const show = (isShown) => {
      box.type = isShown ? "text" : "password";
      button.setAttribute("aria-pressed", String(isShown));
    };
    button.hidden = false;
    button.addEventListener("click", () => { show(box.type === "password"); box.focus(); });
    // The browser is to keep it as a password, and nobody who looks over the shoulder to read it on the next page.
    box.form.addEventListener("submit", () => show(false));
  }
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
});
