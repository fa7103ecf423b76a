"""The model that the settings name, loaded once in each process that needs it."""

from threading import Lock
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from claims.embedding.packaged import ModelMissing

MODELS = {
    "minilm": ("claims.embedding.minilm.MiniLM", "requirements-semantic.txt"),
    "e5": ("claims.embedding.e5.MultilingualE5", "requirements-multilingual.txt"),
}


class Model(Protocol):
    unrelated: float

    def reads(self, text: str) -> bool:
        """Whether it knows the script of the text. Texts of others would all be alike to it."""

    def embed(self, text: str) -> Any:
        """384 numbers, as an array of numpy."""


_loaded: dict[str, Model | ModelMissing] = {}
_lock = Lock()


def load_model() -> Model:
    """Takes half a second the first time. Raises ModelMissing."""
    name = settings.MATCHING_MODEL
    with _lock:
        found = _loaded.get(name) or _load(name)
        _loaded[name] = found
    if isinstance(found, ModelMissing):
        raise found
    return found


def has_model() -> bool:
    try:
        load_model()
    except ModelMissing:
        return False
    return True


def _load(name: str) -> Model | ModelMissing:
    if name not in MODELS:
        return ModelMissing("MATCHING_MODEL is none, so no vectors are made.")
    path, requirements = MODELS[name]
    try:
        return import_string(path)()
    except (ImportError, ModelMissing) as error:
        reason = str(error).rstrip(".")
        return ModelMissing(f"{reason}. For MATCHING_MODEL={name} run `pip install -r {requirements}`.")
