from django.db import models
from django.db.models.functions import Now


class Leaf(models.Model):
    """The hash of an entry at its place in the tree. Places are gapless from 0, in the feed's order."""

    position = models.BigIntegerField(primary_key=True)
    entry = models.BigIntegerField(unique=True)  # no foreign key: writing an entry costs no more than without a seal
    hash = models.BinaryField()

    def __str__(self) -> str:
        return f"entry {self.entry} at {self.position}"


class Node(models.Model):
    """The hash of a complete subtree, at the levels that `tree.py` wants stored."""

    pk = models.CompositePrimaryKey("level", "index")
    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()

    def __str__(self) -> str:
        return f"level {self.level}, {self.index}"


class Checkpoint(models.Model):
    """The root of the tree at a size, signed. `note` holds both in the form that is kept elsewhere."""

    size = models.BigIntegerField(unique=True)
    root = models.BinaryField()
    key = models.TextField()  # the public key that verifies it
    note = models.TextField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(size__gt=0), name="a_checkpoint_has_leaves")]

    def __str__(self) -> str:
        return f"checkpoint of {self.size}"
