"""What the schema says of the whole API, and how drf-spectacular makes it."""

from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext_noop

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "APPEND_COMPONENTS": yaml.safe_load(Path(__file__).with_name("components.yaml").read_text()),
    "TITLE": "Factcheck",
    "DESCRIPTION": (
        "Who said it, through whom it reached us, and who denies it. A tag records who stands behind a "
        "statement; it is not a verdict on truth. Offsets are Unicode code points, end-exclusive. Times are UTC."
    ),
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.1",
    "CONTACT": {"name": "The newsroom that runs this service"},
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "SERVERS": [{"url": "https://factcheck.example", "description": "Your service: each serves its own address."}],
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": True,
    "PARSER_WHITELIST": ["factcheck.api.parsers.JSONParser"],
    "RENDERER_WHITELIST": ["factcheck.api.renderers.JSONRenderer"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "TAGS": [
        {"name": "articles", "description": gettext_noop("Reports, their revisions and their annotations.")},
        {"name": "statements", "description": gettext_noop("Passages, who said them, through whom, and the tag.")},
        {"name": "disputes", "description": gettext_noop("Who contradicts a statement, and how that ended.")},
        {"name": "evidence", "description": gettext_noop("What supports or refutes a statement.")},
        {
            "name": "notes",
            "description": gettext_noop("What the newsroom remarks on articles, statements and disputes."),
        },
        {"name": "sources", "description": gettext_noop("Who speaks.")},
        {"name": "checks", "description": gettext_noop("What an experienced editor would catch.")},
        {"name": "feeds", "description": gettext_noop("What is published, in the formats that others read.")},
        {"name": "journal", "description": gettext_noop("Who changed what, when and why.")},
        {"name": "me", "description": gettext_noop("Who is calling.")},
        {"name": "webhooks", "description": gettext_noop("The journal’s entries, sent to other programs.")},  # noqa: RUF001
        {"name": "tokens", "description": gettext_noop("Access for programs.")},
    ],
    "ENUM_NAME_OVERRIDES": {
        "AnnotationFormat": "claims.annotations.schema.FORMATS",
        "SourceKind": "sources.models.Source.Kind",
        "ArticleStatus": "claims.models.Article.Status",
        "Tag": "claims.models.Statement.Tag",
        "AnchorState": "claims.models.Statement.Anchor",
        "QuoteType": "claims.models.Statement.QuoteType",
        "EvidenceStance": "claims.models.Evidence.Stance",
        "EvidenceObtainedHow": "claims.models.Evidence.ObtainedHow",
        "DisputeKind": "claims.models.Dispute.Kind",
        "DisputeScope": "claims.models.Dispute.Scope",
        "DisputeState": "claims.models.Dispute.State",
        "CheckCode": "claims.views.checks.CHECK_CODES",
        "Severity": "claims.views.checks.SEVERITIES",
        "Resolution": "claims.models.Dispute.Resolution",
        "DeliveryState": "factcheck.webhooks.models.Delivery.State",
        "WebhookAction": "factcheck.webhooks.actions.ACTIONS",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "factcheck.api.openapi.schema.postprocess",
        "claims.exports.linked_data.add_components",
        "factcheck.api.openapi.names.name_parameter_enums",
        "factcheck.api.openapi.names.drop_unused_components",
        "factcheck.api.openapi.examples.add_examples",
    ],
}
