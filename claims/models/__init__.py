from claims.models.article import Article, ArticleAddress, ArticleRevision
from claims.models.dismissal import DismissedSuggestion
from claims.models.dispute import Dispute
from claims.models.evidence import Evidence
from claims.models.note import Note
from claims.models.statement import Statement, StatementVia
from claims.models.words import ArticleWords, SearchLanguage, StatementWords
