"""What an act takes: clicks, keys and loads, by a mouse and a keyboard as somebody would use them."""

from dataclasses import dataclass
from typing import Any

from tests.e2e.conftest import Desk

# Where the passage begins and ends on the screen.
ENDS = """(passage) => {
  const walker = document.createTreeWalker(document.getElementById("text"), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.data.indexOf(passage);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + passage.length);
    node.parentElement.scrollIntoView({ block: "nearest" });
    const { top } = range.getBoundingClientRect();
    if (top < 0 || top > innerHeight - 50) window.scrollBy(0, top - innerHeight / 2);
    const [first, last] = [range.getClientRects()[0], [...range.getClientRects()].at(-1)];
    return [first.left + 1, (first.top + first.bottom) / 2, last.right, (last.top + last.bottom) / 2];
  }
}"""


@dataclass
class Hand:
    desk: Desk
    clicks: int = 0
    keys: int = 0
    loads: int = 0

    def __post_init__(self) -> None:
        self.page = self.desk.page
        self.page.on("domcontentloaded", self._load)

    def _load(self, _: Any) -> None:
        self.loads += 1

    def click(self, place: Any) -> None:
        place.click()
        self.clicks += 1

    def select(self, passage: str) -> None:
        """With the mouse, pressed at its beginning and released at its end."""
        x, y, to_x, to_y = self.page.evaluate(ENDS, passage)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(to_x, to_y, steps=3)
        self.page.mouse.up()
        self.clicks += 1

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.keys += len(keys)

    def type(self, words: str) -> None:
        self.page.keyboard.type(words)
        self.keys += len(words)

    def paste(self, text: str) -> None:
        self.page.keyboard.insert_text(text)
        self.keys += 1

    def said(self, words: str) -> None:
        self.page.get_by_role("status").filter(has_text=words).wait_for()
