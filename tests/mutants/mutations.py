"""The mutants of a Python file, and those of the guards in the database.

The operators are those of mutmut, and a few of our own. mutmut itself cannot run here: it leaves out decorated
functions, and so every service, and its parallel runs would share one database.
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst
from libcst.metadata import MetadataWrapper, WhitespaceInclusivePositionProvider
from mutmut.mutation.mutators import mutation_operators

LEFT_OUT = {"help", "metavar", "strict"}


@dataclass(frozen=True)
class Mutant:
    """`change` is the whole file as it would be, or the SQL that changes the database. `line` counts from `def`, 0."""

    module: str
    function: str
    line: int
    change: str
    difference: str


def mutants_of(module: str) -> Iterator[Mutant]:
    """Of the functions only: what runs at the import has run when a mutant is tried."""
    source = Path(module).read_text()
    tree = MetadataWrapper(libcst.parse_module(source), unsafe_skip_copy=True)
    places = tree.resolve(WhitespaceInclusivePositionProvider)
    lines = [0]
    for line in source.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    finder = Finder()
    tree.module.visit(finder)
    for names, node, mutated in finder.found:
        start, end = (lines[place.line - 1] + place.column for place in (places[node].start, places[node].end))
        change = source[:start] + tree.module.code_for_node(mutated) + source[end:]
        if change != source:
            line = places[node].start.line - places[names[-1]].start.line
            function = ".".join(name.value for name in names)
            yield Mutant(module, function, line, change, difference(source, change))


class Finder(libcst.CSTVisitor):
    """Collects (names of the function and of what it is in, node, the node that takes its place)."""

    def __init__(self) -> None:
        self.names: list[libcst.Name] = []
        self.functions = 0
        self.found: list[tuple[list[libcst.Name], libcst.CSTNode, libcst.CSTNode]] = []

    def on_visit(self, node: libcst.CSTNode) -> bool:
        if isinstance(node, libcst.Annotation | libcst.Decorator | libcst.Param) or is_prose(node) or is_left_out(node):
            return False
        if isinstance(node, libcst.FunctionDef | libcst.ClassDef):
            self.names.append(node.name)
            self.functions += isinstance(node, libcst.FunctionDef)
        if self.functions:
            self.found += [(list(self.names), *pair) for pair in mutations_of(node)]
        return True

    def on_leave(self, original_node: libcst.CSTNode) -> None:
        if isinstance(original_node, libcst.FunctionDef | libcst.ClassDef):
            self.names.pop()
            self.functions -= isinstance(original_node, libcst.FunctionDef)


def is_prose(node: libcst.CSTNode) -> bool:
    """Documentation, SQL and the words of a refusal."""
    return isinstance(node, libcst.SimpleString) and bool(re.search(r"\w \w|\"\"\"", node.value))


def mutations_of(node: libcst.CSTNode) -> Iterator[tuple[libcst.CSTNode, libcst.CSTNode]]:
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            for mutated in operator(node):
                if not (isinstance(node, libcst.Call) and tells_nothing(node, mutated)):
                    yield node, mutated
                if kind is libcst.BaseString:
                    break  # the others only change its case
    if isinstance(node, libcst.Expr) and isinstance(node.value, libcst.Call):
        yield node, libcst.Pass()
    if isinstance(node, libcst.If):
        inner = node.test.with_changes(lpar=[libcst.LeftParen()], rpar=[libcst.RightParen()])
        yield node.test, libcst.UnaryOperation(libcst.Not(), inner)


def is_left_out(node: libcst.CSTNode) -> bool:
    """The words of a command's help, and zip's `strict`: what it asserts is always so."""
    return isinstance(node, libcst.Arg) and node.keyword is not None and node.keyword.value in LEFT_OUT


def tells_nothing(call: libcst.Call, mutated: libcst.CSTNode) -> bool:
    """Without a positional argument a call is mostly a TypeError; None for False is mostly the same."""
    given, left = ([each for each in one.args if not each.keyword] for one in (call, mutated))
    changed = [argument for argument in call.args if argument not in mutated.args]
    is_false = any(isinstance(each.value, libcst.Name) and each.value.value == "False" for each in changed)
    return len(given) > len(left) or is_false or any(is_left_out(each) or is_prose(each.value) for each in changed)


def difference(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return "\n".join(line for line in lines if not line.startswith(("---", "+++")))


# The guards

FUNCTIONS = """
SELECT proname, pg_get_functiondef(oid) FROM pg_proc
WHERE pronamespace = current_schema()::regnamespace AND prolang IN (
    SELECT oid FROM pg_language WHERE lanname IN ('plpgsql', 'sql')) AND prosqlbody IS NULL
    AND proname !~ 'search|words' ORDER BY 1
"""
TRIGGERS = """
SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'
    AND tgname !~ 'words' ORDER BY 1, 2
"""
OTHERWISE = [
    (r"\bRAISE EXCEPTION\b", "RAISE DEBUG"),
    (r"<>", "="),
    (r"(?<![<>:!])=(?!>)", "<>"),
    (r"<=", "<"),
    (r">=", ">"),
    (r"\bAND\b", "OR"),
    (r"\bOR\b", "AND"),
    (r"\bNOT (?!NULL|DISTINCT)", ""),
    (r"\bIS DISTINCT FROM\b", "IS NOT DISTINCT FROM"),
    (r"\bIS NOT DISTINCT FROM\b", "IS DISTINCT FROM"),
    (r"\bIS NULL\b", "IS NOT NULL"),
    (r"\bIS NOT NULL\b", "IS NULL"),
    (r"\+ 1\b", "+ 2"),
    (r"- 1\b", "- 2"),
]


def guard_mutants(functions: list[tuple[str, str]], triggers: list[tuple[str, str]]) -> Iterator[Mutant]:
    for name, source in functions:
        body = source.index("AS $")
        for pattern, replacement in OTHERWISE:
            for found in re.compile(pattern).finditer(source, body):
                change = source[: found.start()] + replacement + source[found.end() :]
                yield Mutant("guards", name, 0, change, difference(source, change))
    for table, name in triggers:
        change = f"ALTER TABLE {table} DISABLE TRIGGER {name}"
        yield Mutant("guards", f"{table}.{name}", 0, change, change)
