// Places in the article's text. Its text nodes contain exactly the text. The service counts Unicode code points; the
// browser, and all of this but `points` and `unit`, counts the UTF-16 units of its strings.
"use strict";

desk.text = {
  element: () => document.getElementById("text"),

  // The string in code points.
  points: (string) => string.length - (string.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0),

  // Where a code point begins.
  unit(string, points) {
    let unit = 0;
    for (let left = points; left > 0 && unit < string.length; left -= 1) {
      unit += string.codePointAt(unit) > 0xffff ? 2 : 1;
    }
    return unit;
  },

  offset(node, offset) {
    const before = document.createRange();
    before.setStart(desk.text.element(), 0);
    before.setEnd(node, offset);
    return before.toString().length;
  },

  range(start, end) {
    const range = document.createRange();
    const walker = document.createTreeWalker(desk.text.element(), NodeFilter.SHOW_TEXT);
    let seen = 0;
    for (let node = walker.nextNode(); node && seen < end; node = walker.nextNode()) {
      if (start >= seen && start < seen + node.length) {
        range.setStart(node, start - seen);
      }
      range.setEnd(node, Math.min(end - seen, node.length));
      seen += node.length;
    }
    return range;
  },

  // The passage that a form names by its start and end, as long as the text has its words there; otherwise null.
  passage({ elements: { text, start, end } }) {
    const whole = desk.text.element()?.textContent ?? "";
    const span = { start: desk.text.unit(whole, start.value), end: desk.text.unit(whole, end.value) };
    const isThere = start.value && desk.text.isSame(whole.slice(span.start, span.end), text.value);
    return isThere ? span : null;
  },

  // A field of a form has its own line ends.
  isSame: (...strings) => new Set(strings.map((string) => string.replace(/\r\n?/g, "\n"))).size === 1,

  show(start, end) {
    CSS.highlights?.set("chosen", new Highlight(desk.text.range(start, end))); // also when a field has the focus
  },
};
