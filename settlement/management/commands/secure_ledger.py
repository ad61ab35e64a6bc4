"""Take UPDATE, DELETE and TRUNCATE on the ledger from the role the application runs as."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from psycopg import sql

TABLES = (
    "settlement_entry",
    "settlement_line",
    "settlement_statementline",
    "settlement_released",
    "settlement_document",
    "settlement_documententry",
    "settlement_storedfile",
    "settlement_disputemessage",
    "settlement_evidence",
    "settlement_sellerreport",
)
NEVER_DELETED = (
    "settlement_evidencefile",
    "settlement_statement",
    "settlement_period",
    "settlement_cycle",
    "settlement_carried",
    "settlement_account",
    "settlement_balance",
    "settlement_payment",
    "settlement_paymentfile",
    "settlement_bankfile",
    "settlement_bankline",
    "settlement_dispute",
    "settlement_seal",
    "settlement_numberseries",
    "settlement_proposal",
    "settlement_mandate",
    "settlement_selfbilling",
    "settlement_documentobjection",
)
COUNTERS = (
    "settlement_entry_id_seq",  # drawn by settlement_post before it writes
    "settlement_payment_id_seq",
    "settlement_paymentfile_id_seq",
    "settlement_dispute_id_seq",
    "settlement_proposal_id_seq",
)


class Command(BaseCommand):
    help = (
        "Leave the application's role SELECT and INSERT on the ledger and nothing more. Run it as the owner of the tables "
        "(DATABASE_URL of the role that migrates), after every migration, naming the role the application signs in as. "
        "An owner may switch triggers off, so a production application does not own the tables; the embedded server has "
        "one role for both and relies on the triggers alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", help="the role that DATABASE_URL of web and worker names")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        """Grant and revoke in one transaction; refuse when it would protect nothing."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select pg_get_userbyid(relowner) from pg_class where oid = 'settlement_entry'::regclass")
            owner = cursor.fetchone()[0]
            cursor.execute("select rolsuper from pg_roles where rolname = %s", [role])
            found = cursor.fetchone()
            if found is None:
                raise CommandError(f"There is no role “{role}” on this server.")
            if role == owner or found[0]:
                raise CommandError(
                    f"“{role}” owns the ledger's tables or is a superuser: it could give itself back what is taken. "
                    "Let one role own and migrate, and another run the application."
                )
            cursor.execute("select current_user")
            if cursor.fetchone()[0] != owner:
                raise CommandError(f"Only “{owner}”, who owns the tables, can take rights away; sign in as that role.")
            name = sql.Identifier(role)
            for tables, taken, given in (
                (TABLES, "UPDATE, DELETE, TRUNCATE", "SELECT, INSERT"),
                (NEVER_DELETED, "DELETE, TRUNCATE", "SELECT, INSERT, UPDATE"),
            ):
                names = sql.SQL(", ").join(map(sql.Identifier, tables))
                cursor.execute(sql.SQL("REVOKE {} ON {} FROM {}, PUBLIC").format(sql.SQL(taken), names, name))
                cursor.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(given), names, name))
            cursor.execute(sql.SQL("GRANT SELECT ON settlement_moved TO {}").format(name))
            counters = sql.SQL(", ").join(map(sql.Identifier, COUNTERS))
            cursor.execute(sql.SQL("GRANT USAGE ON SEQUENCE {} TO {}").format(counters, name))
            database = sql.Identifier(
                str(connection.settings_dict["NAME"])
            )  # a closing works its lines out once, aside
            cursor.execute(sql.SQL("GRANT TEMPORARY ON DATABASE {} TO {}").format(database, name))
        self.stdout.write(f"“{role}” may read and add to the ledger, and change nothing in it.")
