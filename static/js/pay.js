/* The pay form works without this; with it, typing an amount chooses "another amount" and choosing back clears it. */
document.addEventListener("DOMContentLoaded", () => {
  const amount = document.getElementById("id_amount");
  const other = document.getElementById("choice_other");
  const asked = document.getElementById("choice_asked");
  amount.addEventListener("input", () => { other.checked = true; });
  other.addEventListener("change", () => amount.focus());
  asked.addEventListener("change", () => { amount.value = ""; });
});
