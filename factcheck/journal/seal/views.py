"""The seal over HTTP: signed checkpoints, and proofs against them."""

import base64
import re
from typing import Any, NamedTuple

from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from factcheck.api.filters import refuse_unknown
from factcheck.api.pagination import KeysetPagination
from factcheck.api.references import MAX_ID
from factcheck.api.renderers import TextRenderer
from factcheck.errors import InvalidInput
from factcheck.journal.seal import proofs
from factcheck.journal.seal.models import Checkpoint, Leaf

SIZE = {"type": "integer", "minimum": 1, "maximum": MAX_ID}


class NoteRenderer(TextRenderer):
    media_type = "text/plain"
    format = "text"
    charset: Any = "utf-8"


class HashField(serializers.CharField):
    """A SHA-256 hash, in base64."""

    def to_representation(self, value: Any) -> str:
        return base64.b64encode(value).decode()


class CheckpointSerializer(serializers.ModelSerializer[Checkpoint]):
    root: Any = HashField(help_text="The root of the tree, in base64.")
    size = serializers.IntegerField(help_text="How many entries it seals: the first ones of the journal.")
    key = serializers.CharField(help_text="The public key that verifies the note.")
    note = serializers.CharField(help_text="The signed note (C2SP tlog-checkpoint). Keep it elsewhere, byte for byte.")

    class Meta:
        model = Checkpoint
        fields = ["id", "size", "root", "at", "key", "note"]


class Inclusion(NamedTuple):
    leaf: Leaf
    checkpoint: Checkpoint
    path: list[bytes]


@extend_schema_serializer(many=False)
class InclusionSerializer(serializers.Serializer[Any]):
    entry = serializers.IntegerField(source="leaf.entry", help_text="The id of the entry.")
    position = serializers.IntegerField(source="leaf.position", help_text="Its place in the tree, from 0.")
    leaf_hash = HashField(source="leaf.hash", help_text="Of the entry as canonical JSON (RFC 8785), in base64.")
    size = serializers.IntegerField(source="checkpoint.size", help_text="Of the checkpoint.")
    root: Any = HashField(source="checkpoint.root", help_text="Of the checkpoint, in base64.")
    path = serializers.ListField(child=HashField(), help_text="From the leaf to the root (RFC 9162).")
    note = serializers.CharField(source="checkpoint.note", help_text="The signed checkpoint.")


@extend_schema_serializer(many=False)
class ConsistencySerializer(serializers.Serializer[Any]):
    first = serializers.IntegerField()
    second = serializers.IntegerField()
    path = serializers.ListField(child=HashField(), help_text="From the first tree to the second (RFC 9162).")


@extend_schema_serializer(many=False)
class KeySerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="The public key, as NAME+ID+BASE64.")
    algorithm = serializers.CharField()
    name = serializers.CharField()


class SealMixin:
    """What the journal's address answers about its seal. Also to anonymous callers, since hashes tell nothing."""

    @extend_schema(responses=CheckpointSerializer(many=True), filters=False)
    @action(
        detail=False,
        has_public_reads=True,
        serializer_class=CheckpointSerializer,
        filterset_class=None,
        pagination_class=KeysetPagination,
        more_problems=frozenset(),
    )
    def checkpoints(self: Any, request: Request) -> Response:
        """List the checkpoints of the journal.

        Newest first. A checkpoint seals all entries before it; who keeps one can prove later that they are the same.
        """
        page = self.paginate_queryset(self.filter_queryset(Checkpoint.objects.all()))
        return self.get_paginated_response(CheckpointSerializer(page, many=True).data)

    @extend_schema(
        responses={(200, "application/json"): CheckpointSerializer, (200, "text/plain"): OpenApiTypes.STR},
        filters=False,
        operation_id="journal_latest_checkpoint",
    )
    @action(
        detail=False,
        url_path="checkpoints/latest",
        has_public_reads=True,
        more_problems=frozenset({404}),
        filterset_class=None,
        renderer_classes=[*api_settings.DEFAULT_RENDERER_CLASSES, NoteRenderer],
    )
    def latest(self, request: Request) -> Response:
        """Read the latest checkpoint.

        As text/plain, or with `format=text`, it is the signed note itself: a file to keep elsewhere. 404 while nothing
        is sealed.
        """
        refuse_unknown(request, {"format"})
        checkpoint = _latest()
        is_text = isinstance(request.accepted_renderer, NoteRenderer)
        return Response(checkpoint.note if is_text else CheckpointSerializer(checkpoint).data)

    @extend_schema(
        responses=InclusionSerializer,
        parameters=[OpenApiParameter("size", SIZE, description="Of a checkpoint. The default is the latest one.")],
        filters=False,
    )
    @action(detail=True, has_public_reads=True, more_problems=frozenset(), filterset_class=None)
    def proof(self, request: Request, pk: int) -> Response:
        """Read the proof that an entry is sealed.

        The path leads from the hash of the entry to the root that was signed. 404 for an entry that is not sealed yet;
        that takes some seconds.
        """
        refuse_unknown(request, {"format", "size"})
        size = _size(request, "size")
        leaf = Leaf.objects.filter(entry=pk).first()
        if leaf is None or _latest().size <= leaf.position:
            raise NotFound(gettext("There is no sealed entry with this id."))
        checkpoint = Checkpoint.objects.filter(size=size).first() if size else _latest()
        if checkpoint is None or checkpoint.size <= leaf.position:
            raise InvalidInput.parameter(
                "size", "invalid", gettext("Give the size of a checkpoint that seals this entry.")
            )
        path = proofs.inclusion_path(leaf.position, checkpoint.size)
        return Response(InclusionSerializer(Inclusion(leaf, checkpoint, path)).data)

    @extend_schema(
        responses=ConsistencySerializer,
        parameters=[
            OpenApiParameter("first", SIZE, required=True, description="The size of the checkpoint that you kept."),
            OpenApiParameter("second", SIZE, description="The size of a later one. The default is the latest one."),
        ],
        filters=False,
    )
    @action(detail=False, has_public_reads=True, more_problems=frozenset({404}), filterset_class=None)
    def consistency(self, request: Request) -> Response:
        """Read the proof that one checkpoint continues another.

        The tree of size `second` begins with that of size `first`: nothing in it was changed, removed or put in.
        """
        refuse_unknown(request, {"format", "first", "second"})
        first, second = _size(request, "first"), _size(request, "second")
        sealed = _latest().size
        if first is None:
            raise InvalidInput.parameter("first", "required", gettext("Give the size of the checkpoint that you kept."))
        for name, size in (("first", first), ("second", second or sealed)):
            if size > sealed:
                raise InvalidInput.parameter(
                    name, "invalid", gettext("The latest checkpoint has the size %(sealed)s.") % {"sealed": sealed}
                )
        second = second or sealed
        if first > second:
            raise InvalidInput.parameter(
                "first", "invalid", gettext("It must not be above the second size, %(second)s.") % {"second": second}
            )
        path = proofs.consistency_path(first, second)
        return Response(ConsistencySerializer({"first": first, "second": second, "path": path}).data)

    @extend_schema(responses=KeySerializer, filters=False)
    @action(detail=False, has_public_reads=True, more_problems=frozenset({404}), filterset_class=None)
    def key(self, request: Request) -> Response:
        """Read the public key of the latest checkpoint.

        It is what this database says. Who checks its owner uses the key that they kept. 404 while nothing is sealed.
        """
        refuse_unknown(request, {"format"})
        key = _latest().key
        return Response({"key": key, "algorithm": "Ed25519", "name": key.partition("+")[0]})


def _latest() -> Checkpoint:
    checkpoint = Checkpoint.objects.order_by("-size").first()
    if checkpoint is None:
        raise NotFound(gettext("Nothing is sealed yet: there is no checkpoint."))
    return checkpoint


def _size(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", text) or not int(text):
        raise InvalidInput.parameter(name, "invalid", gettext("Give a whole number from 1."))
    return int(text)
