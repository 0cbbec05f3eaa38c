/* Shows what needs passkeys where the browser has them, and says so in plain words when one could not be used. */
document.addEventListener("DOMContentLoaded", () => {
  if (!window.PublicKeyCredential) {
    document.getElementById("mfa_login")?.classList.add("is-unknown");
    return;
  }
  for (const part of document.querySelectorAll("[data-needs-passkeys]")) part.hidden = false;
  for (const part of document.querySelectorAll("[data-without-passkeys]")) part.hidden = true;
});
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  for (const problem of document.querySelectorAll("[data-passkey-problem]")) {
    problem.hidden = false;
    problem.focus();
  }
});
