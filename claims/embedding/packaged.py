"""The files of a model, out of installed packages."""

import hashlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path


class ModelMissing(Exception):
    """A model cannot be used here. The message says why."""


@dataclass(frozen=True)
class PackagedFile:
    package: str
    name: str
    sha256: str

    def find(self) -> Path:
        """Without importing the package. Raises ModelMissing, also for any content but the one that is known."""
        try:
            path = Path(str(distribution(self.package).locate_file(self.name)))
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except (PackageNotFoundError, OSError):
            raise ModelMissing(f"The package {self.package} has no file {self.name} here.") from None
        if found != self.sha256:
            raise ModelMissing(f"{path} is not the file that was tried with this version. Install {self.package} anew.")
        return path
