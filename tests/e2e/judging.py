"""What is wrong with a page as it stands: for axe, for a narrow window, for large letters."""

from typing import Any

WIDE, ZOOMED, NARROW = 1280, 640, 320  # pixels; 640 are a window of 1280 at 200%
HEIGHT = 800

# Its own rules of WCAG 2.2 are off unless asked for: this one is about targets of 24 pixels.
# A target that the edge of a fixed form cuts is large enough if it can be scrolled from under it.
AXE = """async () => {
  const isWhole = (one) => {
    const { left, top, width, height } = one.getBoundingClientRect();
    const hits = (dx, dy) => one.contains(document.elementFromPoint(left + width / 2 + dx, top + height / 2 + dy));
    return width >= 24 && height >= 24 && [-11, 11].every((dx) => [-11, 11].every((dy) => hits(dx, dy)));
  };
  const canBeWhole = (one) => ["start", "center"].some((block) => {
    one.scrollIntoView({ block, behavior: "instant" });
    return isWhole(one);
  });
  const isFault = (id) => ({ target }) => id !== "target-size" || !canBeWhole(document.querySelector(target[0]));
  const options = { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } };
  const { violations } = await axe.run(document, options);
  const shown = (nodes) => nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(" | ");
  const found = violations.map(({ id, nodes }) => ({ id, nodes: nodes.filter(isFault(id)) }));
  return found.filter(({ nodes }) => nodes.length).map(({ id, nodes }) => `${id}: ${shown(nodes)}`);
}"""

# What is wider than the window, beyond its edges or cut off; what scrolls in a box of its own is none of these. And ids
# that are given twice.
LAYOUT = """() => {
  const { clientWidth, scrollWidth } = document.documentElement;
  const faults = scrollWidth > clientWidth ? [`${scrollWidth - clientWidth} px wider than the window`] : [];
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  faults.push(...ids.filter((id, n) => ids.indexOf(id) < n).map((id) => `two are called ${id}`));
  const scrolls = (one) => /auto|scroll/.test(getComputedStyle(one).overflowX);
  const inBox = (one) => one !== document.body && (scrolls(one) || (one.parentElement && inBox(one.parentElement)));
  const name = (one) => one.outerHTML.slice(0, 120);
  for (const one of document.querySelectorAll("body *:not(svg *, option, input, .unseen, .unseen *, .skip)")) {
    const { left, right, width, height } = one.getBoundingClientRect();
    const { overflowX, overflowY } = getComputedStyle(one);
    if (!width || !height || !one.checkVisibility({ visibilityProperty: true })) continue;
    if ((left < -1 || right > clientWidth + 1) && !inBox(one)) faults.push(`beyond the edge: ${name(one)}`);
    const isCutX = /hidden|clip/.test(overflowX) && one.scrollWidth > one.clientWidth + 1;
    const isCutY = /hidden|clip/.test(overflowY) && one.scrollHeight > one.clientHeight + 1;
    if ((isCutX || isCutY) && one.clientWidth) faults.push(`cut off: ${name(one)}`);
  }
  return faults.slice(0, 5);
}"""

OPEN_ALL = """() => {
  const closed = [...document.querySelectorAll("details:not([open])")];
  closed.forEach((one) => { one.open = true; one.dataset.wasClosed = ""; });
}"""
CLOSE_AGAIN = """() => document.querySelectorAll("[data-was-closed]").forEach((one) => {
  one.open = false;
  delete one.dataset.wasClosed;
})"""


def faults_of(desk: Any, axe: str, state: str) -> list[str]:
    """In light and dark colours, in a wide and a narrow window, at 200% and with letters of twice the size; with
    what can be unfolded unfolded. The page is left as it was."""
    page = desk.page
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(axe)
    page.evaluate(OPEN_ALL)
    found = [(f"wide, light: {fault}") for fault in page.evaluate(AXE) + page.evaluate(LAYOUT)]
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    found += [f"large letters: {fault}" for fault in page.evaluate(LAYOUT)]
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size({"width": ZOOMED, "height": HEIGHT // 2})
    found += [f"at 200%: {fault}" for fault in page.evaluate(LAYOUT)]
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    page.emulate_media(color_scheme="dark")
    found += [f"narrow, dark: {fault}" for fault in page.evaluate(AXE) + page.evaluate(LAYOUT)]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    page.evaluate(CLOSE_AGAIN)
    return [f"{state}, {fault}" for fault in found]
