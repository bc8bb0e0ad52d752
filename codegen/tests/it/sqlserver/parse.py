"""Parses scripts of SQL Server: `parse.py sqlglot|sqlfluff FILE…`. Prints what is wrong, a line each; exits with 3
where the parser is not installed."""

import importlib.util
import logging
import sys

# What sqlglot passes over as a whole: it knows these statements by their first words only.
OPAQUE = ("SET IDENTITY_INSERT", "BEGIN TRY", "END TRY", "END CATCH")


def sqlglot(text):
    import sqlglot as parser

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    for batch in text.split("\nGO\n"):
        try:
            for statement in parser.parse(batch, read="tsql", error_level=parser.ErrorLevel.RAISE):
                if isinstance(statement, parser.exp.Command) and not statement.sql().startswith(OPAQUE):
                    yield f"not understood: {statement.sql()[:80]}"
        except parser.errors.ParseError as error:
            yield str(error).replace("\n", " ")


def sqlfluff(text):
    from sqlfluff.core import Linter

    for violation in Linter(dialect="tsql").parse_string(text).violations:
        yield f"line {violation.line_no}: {violation.desc()}"


name, files = sys.argv[1], sys.argv[2:]
if importlib.util.find_spec(name) is None:
    sys.exit(3)
for file in files:
    with open(file, encoding="utf-8") as script:
        for problem in {"sqlglot": sqlglot, "sqlfluff": sqlfluff}[name](script.read()):
            print(f"{file}: {problem}")
