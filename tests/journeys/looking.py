"""What is wrong with a page as it stands in the browser: barriers, text that runs out, and a picture of it."""

from pathlib import Path
from typing import Any

AXE = Path(__file__).resolve().parents[1] / "vendor" / "axe-core" / "axe-4.14.1.min.js"
ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
OF_COLORS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}

_AXE_SAYS = """
async ({ runOnly, within }) => {
  const found = await axe.run({ include: [[within]], exclude: [[".swagger-ui"]] }, { runOnly, resultTypes: ["violations"] });
  return found.violations.map((each) => `${each.id}: ${each.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
}
"""  # noqa: E501 – one call

# Text that is wider than its box where the box shows no more than itself, and boxes that stick out of the page.
_RUNS_OUT = """
() => {
  const found = [];
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
  for (const element of document.querySelectorAll("body *")) {
    if (!element.checkVisibility({ checkVisibilityCSS: true }) || element.closest(".visually-hidden, .skip, svg, .chart__picture, .scroll")) continue;
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own) continue;
    const style = getComputedStyle(element);
    if (style.overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1) found.push(`cut: ${element.textContent.trim().slice(0, 60)}`);
    if (style.overflowY === "hidden" && element.scrollHeight > element.clientHeight + 1) found.push(`cut below: ${element.textContent.trim().slice(0, 60)}`);
    const box = element.getBoundingClientRect();
    if (box.width && (box.right > wide + 1 || box.left < -1)) found.push(`outside: ${element.textContent.trim().slice(0, 60)}`);
  }
  return found;
}
"""  # noqa: E501 – one call


def barriers(page: Any, rules: dict[str, Any] = ALL, *, within: str = "html") -> list[str]:
    """
    Return what axe-core finds against WCAG 2.2 AA and good practice, one line for each rule.

    :param rules: the only ones to ask, as axe-core names them.
    :param within: the part of the page that is looked at, such as ours of a page of the admin.

    The console of the API's description is Swagger UI's own work, which we do not write; the guides say it in ours.
    """
    page.evaluate(AXE.read_text(encoding="utf-8") + "; undefined")
    return list(page.evaluate(_AXE_SAYS, {"runOnly": rules, "within": within}))


def runs_out(page: Any) -> list[str]:
    """Return the texts that are cut or lie outside the page."""
    return list(page.evaluate(_RUNS_OUT))


def assert_fit_for_everyone(page: Any) -> None:
    """Hold the page as it stands now to have no barrier and no text that runs out."""
    assert (barriers(page), runs_out(page)) == ([], []), page.url
