"""People and texts that the tests share."""

from django.contrib.auth.models import Group, User
from rest_framework.test import APIClient

from factcheck.api.models import Token

TEXT = "\U0001f600 The minister said no. The minister said no. \u0645\u0631\u062d\u0628\u0627 cafe\u0301\r\nEnd."


def user_with_role(name: str, role: str) -> User:
    user = User.objects.create_user(name)
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Token " + Token.objects.create(user, name="test")[1])
    return client
