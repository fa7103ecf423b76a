from typing import Any

from django.contrib import admin
from django.urls import include, path
from django.views.decorators.cache import cache_control
from django.views.decorators.vary import vary_on_headers
from django.views.i18n import JavaScriptCatalog
from rest_framework.routers import DefaultRouter

from claims.views.articles import ArticleViewSet
from claims.views.changes import ChangeViewSet
from claims.views.checks import CheckViewSet
from claims.views.disputes import DisputeViewSet
from claims.views.evidence import EvidenceViewSet
from claims.views.formats import OF_ONE_ARTICLE, AtomRenderer, FeedViewSet
from claims.views.me import MeViewSet
from claims.views.notes import NoteViewSet
from claims.views.sources import SourceViewSet
from claims.views.statements import StatementViewSet
from factcheck.api.openapi.views import Root, SchemaView
from factcheck.api.tokens import TokenViewSet
from factcheck.desk.login import LogoutPage, ThrottledLoginView
from factcheck.desk.pages.account import AccountPage, ChangePassword, ResetPassword, SetPassword
from factcheck.desk.pages.accounts import NewUserPage, RolesPage, UserPage, UsersPage
from factcheck.desk.pages.choosing import SourceChoices
from factcheck.desk.pages.docs import DocsView
from factcheck.desk.pages.embedded import EmbeddedArticle
from factcheck.desk.pages.factors import FactorsPage
from factcheck.desk.pages.import_text import ImportTextPage
from factcheck.desk.pages.imports import ImportPage
from factcheck.desk.pages.language import ChooseLanguage
from factcheck.desk.pages.live import LivePage
from factcheck.desk.pages.provider import ProviderCallback, ProviderLogin, ProviderLogout
from factcheck.desk.pages.search import SearchPage
from factcheck.desk.pages.second_step import PasskeyLogin, SecondStep
from factcheck.desk.pages.sitemap import Robots, SitemapIndex, SitemapPart
from factcheck.desk.pages.start import StartPage
from factcheck.desk.pages.then import Then
from factcheck.desk.pages.undo import UndoPage
from factcheck.desk.public.articles import ArticleList, ArticlePage
from factcheck.desk.public.checkpoint import CheckpointPage
from factcheck.desk.public.sources import SourcePage
from factcheck.desk.public.statements import StatementPage
from factcheck.health import Health, Live, Ready
from factcheck.journal.feed import JournalViewSet
from factcheck.webhooks.views import DeliveryViewSet, WebhookViewSet


class Router(DefaultRouter):
    """DELETE on a list calls `destroy_all`, where the view has one."""

    include_format_suffixes = False
    APIRootView = Root

    def get_routes(self, viewset: type) -> list[Any]:
        routes = super().get_routes(viewset)
        mapping = {**routes[0].mapping, "delete": "destroy_all"}
        return [routes[0]._replace(mapping=mapping), *routes[1:]]

    def get_urls(self) -> list[Any]:
        # The name of a file, so without the slash at the end of every other address of the router.
        changes = FeedViewSet.as_view(
            {"get": "changes"},
            renderer_classes=[AtomRenderer],
            ordering_fields=("transaction",),
            default_ordering="-transaction",
        )
        of_one = FeedViewSet.as_view(
            {"get": "article_changes"},
            renderer_classes=[AtomRenderer],
            ordering_fields=("transaction",),
            default_ordering="-transaction",
            ordering_keys=OF_ONE_ARTICLE,
        )
        me = MeViewSet.as_view({"get": "retrieve"}, basename="me", detail=True)
        polled = ChangeViewSet.as_view({"get": "list"}, basename="change", detail=False)
        heard = ChangeViewSet.as_view({"get": "stream"}, basename="change", detail=False, **ChangeViewSet.stream.kwargs)
        own = [
            path("feeds/changes/", polled, name="change-list"),
            path("feeds/changes/stream/", heard, name="change-stream"),
            path("feeds/changes.atom", changes, name="feed-changes"),
            path("articles/<int:pk>/changes.atom", of_one, name="article-changes"),
            path("me/", me, name="me"),
        ]
        return [*super().get_urls(), *own]


router = Router(use_regex_path=False)
router.register("statements", StatementViewSet, "statement")
router.register("sources", SourceViewSet, "source")
router.register("articles", ArticleViewSet, "article")
router.register("evidence", EvidenceViewSet, "evidence")
router.register("disputes", DisputeViewSet, "dispute")
router.register("notes", NoteViewSet, "note")
router.register("checks", CheckViewSet, "check")
router.register("feeds", FeedViewSet, "feed")
router.register("journal", JournalViewSet, "journal")
router.register("webhooks", WebhookViewSet, "webhook")
router.register("webhooks/<int:webhook>/deliveries", DeliveryViewSet, "delivery")
router.register("tokens", TokenViewSet, "token")

# The texts of the scripts. Vary parts the languages; ten minutes, so that not each page waits for them.
script_texts = cache_control(public=True, max_age=600)(
    vary_on_headers("Accept-Language", "Cookie")(JavaScriptCatalog.as_view(packages=["factcheck.desk"]))
)

# Each row has one address with its title in it (factcheck/public_addresses.py); the others lead there.
public = [
    path("articles/", ArticleList.as_view()),
    path("checkpoint/", CheckpointPage.as_view()),
    *(
        path(f"{plural}/{address}/", page.as_view())
        for plural, page in {"articles": ArticlePage, "statements": StatementPage, "sources": SourcePage}.items()
        for address in ("<int:pk>", "<int:pk>-<str:title>")
    ),
]

urlpatterns = [
    path("api/v1/", include(router.urls)),  # first: Django tries the patterns in this order
    *public,
    path("", StartPage.as_view(), name="start"),
    path("search/", SearchPage.as_view(), name="search"),
    path("live/", LivePage.as_view(), name="live"),
    path("choose/sources/", SourceChoices.as_view(), name="choose-sources"),
    path("then/api/v1/<path:rest>", Then.as_view(), name="then"),
    path("undo/<int:entry>/", UndoPage.as_view(), name="undo"),
    path("import/", ImportPage.as_view(), name="import"),
    path("import/text/", ImportTextPage.as_view(), name="import-text"),
    path("login/", ThrottledLoginView.as_view(), name="login"),
    path("login/second/", SecondStep.as_view(), name="second-step"),
    path("login/passkey/", PasskeyLogin.as_view(), name="passkey-login"),
    path("logout/", LogoutPage.as_view(), name="logout"),
    path("oidc/login/", ProviderLogin.as_view(), name="provider-login"),
    path("oidc/callback/", ProviderCallback.as_view(), name="provider-callback"),
    path("oidc/backchannel-logout/", ProviderLogout.as_view(), name="provider-logout"),
    path("account/", AccountPage.as_view(), name="account"),
    path("account/password/", ChangePassword.as_view(), name="change-password"),
    path("account/second-step/", FactorsPage.as_view(), name="factors"),
    path("accounts/", UsersPage.as_view(), name="users"),
    path("accounts/new/", NewUserPage.as_view(), name="new-user"),
    path("accounts/roles/", RolesPage.as_view(), name="roles"),
    path("accounts/<int:pk>/", UserPage.as_view(), name="user"),
    path("reset/", ResetPassword.as_view(), name="reset-password"),
    path("reset/<uidb64>/<token>/", SetPassword.as_view(), name="set-password"),
    path("language/", ChooseLanguage.as_view(), name="language"),
    path("texts.js", script_texts, name="texts"),
    path("robots.txt", Robots.as_view(), name="robots"),
    path("sitemap.xml", SitemapIndex.as_view(), name="sitemap"),
    path("sitemap-<slug:name>-<int:number>.xml", SitemapPart.as_view(), name="sitemap-part"),
    path("embed/articles/<int:pk>/", EmbeddedArticle.as_view(), name="embedded-article"),
    path("healthz/", Health.as_view()),
    path("livez/", Live.as_view()),
    path("readyz/", Ready.as_view()),
    path("admin/", admin.site.urls),
    path("api/v1/schema/", SchemaView.as_view(), name="schema"),
    path("api/v1/docs/", DocsView.as_view(url_name="schema"), name="docs"),
]
