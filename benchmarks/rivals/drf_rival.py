"""Django REST framework as its documentation teaches it: a ModelViewSet, ModelSerializers, default middleware."""

from django.db import transaction
from django.urls import include, path
from rest_framework import mixins, serializers
from rest_framework.authentication import TokenAuthentication
from rest_framework.decorators import action
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.viewsets import GenericViewSet

from benchmarks.rivals.models import Article, Source, Statement, StatementVia, Token


class HashedTokenAuthentication(TokenAuthentication):
    """DRF's own keeps tokens in the clear, in a table that this database does not have."""

    def authenticate_credentials(self, key):
        user = Token.owner_of(key)
        if user is None:
            raise AuthenticationFailed
        return user, key


class NewestFirst(CursorPagination):
    ordering = "-id"


class SourceSerializer(serializers.ModelSerializer):
    class Meta:
        model = Source
        fields = ["id", "name", "kind", "anonymous"]


class UserSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    username = serializers.CharField()


class PublicStatementSerializer(serializers.ModelSerializer):
    source = SourceSerializer()
    via = SourceSerializer(many=True)
    open_disputes = serializers.IntegerField()

    class Meta:
        model = Statement
        fields = [
            "id", "version", "created_at", "updated_at", "article", "key", "text", "start", "end", "prefix", "suffix",
            "revision", "anchor", "candidate", "paraphrase", "quote_type", "source", "via", "said_on",
            "media_start", "media_end", "tag", "tag_reason", "tagged_at", "open_disputes",
        ]  # fmt: skip


class StatementSerializer(PublicStatementSerializer):
    tagged_by = UserSerializer()
    dissent = serializers.IntegerField()

    class Meta(PublicStatementSerializer.Meta):
        fields = [*PublicStatementSerializer.Meta.fields, "tagged_by", "dissent"]


class NewStatementSerializer(serializers.ModelSerializer):
    via = serializers.PrimaryKeyRelatedField(many=True, queryset=Source.objects.all(), required=False, default=list)

    class Meta:
        model = Statement
        fields = ["article", "start", "end", "source", "via"]


class TagSerializer(serializers.Serializer):
    tag = serializers.ChoiceField(["asserted", "denied", "unverified"])
    reason = serializers.CharField(max_length=2000)


class StatementViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, GenericViewSet):
    authentication_classes = [HashedTokenAuthentication]
    pagination_class = NewestFirst
    filterset_fields = ["tag"]

    def get_queryset(self):
        rows = Statement.objects.with_source_and_chain()
        return rows.with_dissent() if self.request.user.is_authenticated else rows.public()

    def get_serializer_class(self):
        return StatementSerializer if self.request.user.is_authenticated else PublicStatementSerializer

    @transaction.atomic
    def create(self, request):
        self.check_role("reporter", "editor")
        given = NewStatementSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        fields = dict(given.validated_data)
        article = Article.objects.select_for_update(no_key=True).get(pk=fields.pop("article").pk)
        via = fields.pop("via")
        statement = Statement.pinned(article, **fields)
        statement.save()
        StatementVia.objects.bulk_create(
            StatementVia(statement=statement, position=position, source=source) for position, source in enumerate(via)
        )
        statement.record(request.user, "statement.created")
        return Response(StatementSerializer(self.get_queryset().get(pk=statement.pk)).data, status=201)

    @action(detail=True, methods=["post"])
    @transaction.atomic
    def tag(self, request, pk):
        self.check_role("editor")
        given = TagSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        Statement.objects.select_for_update().get(pk=pk).set_tag(request.user, **given.validated_data)
        return Response(StatementSerializer(self.get_object()).data)

    def check_role(self, *names):
        if not self.request.user.groups.filter(name__in=names).exists():
            raise PermissionDenied


router = DefaultRouter()
router.register("statements", StatementViewSet, "statement")
urlpatterns = [path("api/v1/", include(router.urls))]
