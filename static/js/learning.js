/* Lessons work without this; with it, a browser that can speak reads them out, and one that can share sends them on. */
document.addEventListener("DOMContentLoaded", () => {
  const SPOKEN = { "zh-hans": "zh-CN", "zh-hant": "zh-TW", en: "en-US" };
  const language = SPOKEN[document.documentElement.lang] ?? document.documentElement.lang;

  function sentencesOf(text) {
    // Headings, paragraphs, items and rows one by one: long texts make some voices stop half way. Charts are pictures.
    return [...text.querySelectorAll("h2, h3, p, li, tr")]
      .filter((each) => !each.closest("figure") && !each.querySelector("p"))
      .map((each) => [...(each.matches("tr") ? each.cells : [each])].map((cell) => cell.textContent.trim()).filter(Boolean).join(document.documentElement.lang === "en" ? ", " : "，"))
      .filter(Boolean);
  }

  function readable(button) {
    const label = button.querySelector("span");
    const start = label.textContent;
    const show = (speaks) => {
      button.setAttribute("aria-pressed", String(speaks));
      label.textContent = speaks ? button.dataset.stop : start;
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      const wasReading = button.getAttribute("aria-pressed") === "true";
      speechSynthesis.cancel();
      show(!wasReading);
      if (wasReading) return;
      const parts = sentencesOf(document.getElementById(button.dataset.aloud));
      parts.forEach((part, index) => {
        const spoken = new SpeechSynthesisUtterance(part);
        spoken.lang = language;
        spoken.rate = 0.95;
        if (index === parts.length - 1) spoken.addEventListener("end", () => show(false));
        speechSynthesis.speak(spoken);
      });
    });
    window.addEventListener("pagehide", () => speechSynthesis.cancel());
  }

  if ("speechSynthesis" in window) document.querySelectorAll("button[data-aloud]").forEach(readable);
  if (!navigator.share) return;
  for (const button of document.querySelectorAll("button[data-share]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      navigator.share({ title: button.dataset.title, url: button.dataset.share }).catch(() => {});
    });
  }
});
