from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext

from factcheck.errors import FieldError, InvalidInput, Text
from sources.models import Source

MAX_CANDIDATES = 20  # of one item; and 100 of a document, as many as a problem document has errors
MAX_ERRORS = 100
MAX_DETAILS = 500  # code points


class DocumentErrors:
    """Collects every error of a document, so that its author sees all of them at once."""

    def __init__(self) -> None:
        self.refusals: list[InvalidInput] = []

    def add(self, pointer: str, code: str, detail: Text, **members: Any) -> None:
        self.refusals.append(InvalidInput(f"{pointer}: {detail}", [FieldError(pointer, code, detail)], **members))

    def add_ambiguous(self, pointer: str, detail: Text, sources: Sequence[Source], code: str = "ambiguous") -> None:
        """Lists the sources, each with the address that can be written into the document."""
        shown = [source.address for source in sources[:MAX_CANDIDATES]]
        more = [f"and {len(sources) - MAX_CANDIDATES} more"] if len(sources) > MAX_CANDIDATES else []
        listed = f" {', '.join([*shown, *more])}." if shown else ""
        candidates = [_candidate(pointer, source) for source in sources[:MAX_CANDIDATES]]
        self.add(pointer, code, detail + listed, source_candidates=candidates)

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
            errors = [error for refusal in self.refusals for error in refusal.errors]
            detail = self.refusals[0].detail
            if len(errors) > MAX_ERRORS:
                detail += gettext(" There are %(count)d errors; the first %(listed)d are listed.") % {
                    "count": len(errors),
                    "listed": MAX_ERRORS,
                }
            raise kind(detail, errors[:MAX_ERRORS], **self._candidates())

    def _candidates(self) -> dict[str, Any]:
        """Those of sources, which say which error they are of. The places of a passage do not."""
        listed = [each for refusal in self.refusals for each in refusal.members.get("source_candidates", ())]
        return {"source_candidates": listed[:MAX_ERRORS]} if listed else {}


def _candidate(pointer: str, source: Source) -> dict[str, Any]:
    details = ". ".join(filter(None, (source.details, source.description)))
    return {
        "pointer": pointer,
        "id": source.address,
        "url": f"/api/v1/sources/{source.pk}/",
        "name": source.name,
        "details": details if len(details) <= MAX_DETAILS else details[: MAX_DETAILS - 1] + "…",
    }
