/* The calculators work without this; with it, what lies between two bounds can also be slid, and buttons are not needed. */
document.addEventListener("DOMContentLoaded", () => {
  const read = (field) => Number.parseFloat(field.value.normalize("NFKC").replaceAll(/[,¥ ]/g, ""));
  for (const field of document.querySelectorAll("input[data-most]")) {
    const slider = document.createElement("input");
    slider.type = "range";
    slider.min = field.dataset.least;
    slider.max = field.dataset.most;
    slider.step = field.dataset.step;
    slider.value = read(field) || field.dataset.least;
    slider.setAttribute("aria-label", field.labels[0].textContent.trim());
    slider.addEventListener("input", () => {
      field.value = slider.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    field.addEventListener("input", (event) => { if (event.isTrusted) slider.value = read(field) || slider.min; });
    (field.closest(".with-sign") ?? field).after(slider);
  }
  if (!window.htmx) for (const button of document.querySelectorAll(".calc__go")) button.classList.add("is-needed");
  document.addEventListener("htmx:afterSettle", () => {
    for (const wrong of document.querySelectorAll("[id^=calc-][id$=-wrong]")) {
      const field = wrong.parentElement.querySelector("input:not([type=range], [type=radio])");
      if (!field) continue;
      field.setAttribute("aria-describedby", wrong.id);
      field.toggleAttribute("aria-invalid", false);
      if (wrong.childElementCount) field.setAttribute("aria-invalid", "true");
    }
  });
});
