/* The pay form works without this; with it, filling in an amount or a number chooses what it belongs to. */
document.addEventListener("DOMContentLoaded", () => {
  const amount = document.getElementById("id_amount");
  for (const choice of document.querySelectorAll("[name=choice], [name=timing]")) {
    const fields = choice.closest(".choice").querySelectorAll("input[type=text], select");
    for (const field of fields) {
      field.addEventListener("input", () => { choice.checked = true; });
    }
    choice.addEventListener("change", () => {
      if (fields.length) fields[0].focus();
      if (amount && choice.value !== "other") amount.value = "";
    });
  }
});
