/* Puts back into the form what was typed before the session was over. Nothing is sent by it. */
document.addEventListener("DOMContentLoaded", () => {
  const kept = document.getElementById("kept-input");
  if (!kept) return;
  const fields = JSON.parse(kept.textContent);
  const main = document.getElementById("content");
  let isBack = false;
  for (const [name, values] of Object.entries(fields)) {
    const boxes = [...main.querySelectorAll("input, select, textarea")].filter((box) => box.name === name);
    boxes.forEach((box, index) => {
      if (["hidden", "password", "file", "submit", "button"].includes(box.type)) return;
      if (["checkbox", "radio"].includes(box.type)) box.checked = values.includes(box.value);
      else if (box.multiple) for (const option of box.options) option.selected = values.includes(option.value);
      else if (values[index] !== undefined) box.value = values[index];
      isBack = true;
    });
  }
  const [back, gone] = [document.getElementById("kept-input-back"), document.getElementById("kept-input-gone")];
  back.hidden = !isBack;
  gone.hidden = isBack;
});
