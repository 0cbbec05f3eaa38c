/* The form works without this; with it, the amount and the months can also be slid. */
document.addEventListener("DOMContentLoaded", () => {
  for (const field of document.querySelectorAll(".desk-what-if input[data-most]")) {
    const slider = document.createElement("input");
    slider.type = "range";
    slider.min = field.dataset.least;
    slider.max = field.dataset.most;
    slider.step = field.dataset.step;
    slider.value = Number.parseFloat(field.value.replaceAll(",", "")) || field.dataset.least;
    slider.setAttribute("aria-label", field.labels[0].textContent);
    slider.addEventListener("input", () => { field.value = slider.value; });
    slider.addEventListener("change", () => { field.form.requestSubmit(); });
    field.addEventListener("input", () => { slider.value = Number.parseFloat(field.value.replaceAll(",", "")) || slider.min; });
    field.after(slider);
  }
});
