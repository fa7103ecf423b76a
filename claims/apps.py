from django.apps import AppConfig


class ClaimsConfig(AppConfig):
    name = "claims"

    def ready(self) -> None:
        from claims.public import names_source
        from claims.rules import RULES
        from claims.services import move_references
        from factcheck.api.problems import DATABASE_RULES
        from sources.models import PUBLIC_USES
        from sources.services import MOVE_REFERENCES

        DATABASE_RULES.update(RULES)
        if move_references not in MOVE_REFERENCES:
            MOVE_REFERENCES.append(move_references)
            PUBLIC_USES.append(names_source)
