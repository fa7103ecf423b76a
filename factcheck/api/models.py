import uuid
from typing import ClassVar

from django.db import models
from knox.models import AbstractAuthToken, AuthTokenManager


class Token(AbstractAuthToken):
    """A program's access in the name of a user. Only the digest is kept; the key is shown once."""

    id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    read_only = models.BooleanField(default=False)

    objects: ClassVar[AuthTokenManager] = AuthTokenManager()

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"
