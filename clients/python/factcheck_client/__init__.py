"""Client of a Factcheck service. The types of rows and bodies are in factcheck_client.types."""

from .client import AsyncRows as AsyncRows
from .client import Identified as Identified
from .client import Rows as Rows
from .client import Versioned as Versioned
from .operations import AsyncFactcheck as AsyncFactcheck
from .operations import Factcheck as Factcheck
from .problems import PreconditionFailed as PreconditionFailed
from .problems import Problem as Problem
from .streams import Streamed as Streamed
from .streams import async_changes_stream as async_changes_stream
from .streams import async_journal_stream as async_journal_stream
from .streams import changes_stream as changes_stream
from .streams import journal_stream as journal_stream
from .webhooks import WebhookEvent as WebhookEvent
from .webhooks import WebhookRefused as WebhookRefused
from .webhooks import verify_webhook as verify_webhook
