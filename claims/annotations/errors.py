from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from factcheck.errors import FieldError, InvalidInput


class DocumentErrors:
    """Collects every error of a document, so that its author sees all of them at once."""

    def __init__(self) -> None:
        self.refusals: list[InvalidInput] = []

    def add(self, pointer: str, code: str, detail: str) -> None:
        self.refusals.append(InvalidInput(f"{pointer}: {detail}", [FieldError(pointer, code, detail)]))

    @contextmanager
    def collected_at(self, pointer: str) -> Iterator[None]:
        """Keeps what a service refuses about this part of the document. The import goes on, to be rolled back."""
        try:
            yield
        except InvalidInput as refusal:
            found = refusal.errors or [FieldError("#", "invalid", refusal.detail)]
            errors = [replace(error, pointer=pointer + error.pointer.removeprefix("#")) for error in found]
            self.refusals.append(type(refusal)(f"{pointer}: {refusal.detail}", errors, **refusal.members))

    def raise_if_any(self) -> None:
        """Raises the only refusal as it is, and several as one: Unprocessable if all are, else InvalidInput."""
        if len(self.refusals) == 1:
            raise self.refusals[0]
        if self.refusals:
            kinds = {type(refusal) for refusal in self.refusals}
            kind = kinds.pop() if len(kinds) == 1 else InvalidInput
            raise kind(self.refusals[0].detail, [error for refusal in self.refusals for error in refusal.errors])
