/* What acts on a table's rows beside what the mapping speaks of: it changes, hides or refuses rows,
 * and no comparison of rows sees it. A table of questions; each answers with what is wrong. */
#include "source_object.h"
#include "table_shape.h"

#include <stdio.h>

/* Of the table $1: the name of what was found, and a sentence about it. A disabled trigger or rule
 * acts on nothing, one for replicas not on what the application writes. Who ran the migration made
 * the ledger, too; without one nobody can say who should own the table. */
static const struct act {
    const char *kind;
    const char *source_kind; /* of what a source may have had, too; NULL: none ever has */
    const char *sql;
} acts[] = {
    {"trigger", "trigger",
     "SELECT t.tgname, pg_catalog.format('it has the trigger %s that no mapping and no source has:"
     " %s', t.tgname, pg_catalog.pg_get_triggerdef(t.oid, true)) FROM pg_catalog.pg_trigger t"
     " WHERE t.tgrelid = $1::oid AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') ORDER BY 1"},
    {"rule", "rule",
     "SELECT r.rulename, pg_catalog.format('it has the rule %s that no mapping and no source has:"
     " %s', r.rulename, pg_catalog.pg_get_ruledef(r.oid, true)) FROM pg_catalog.pg_rewrite r"
     " WHERE r.ev_class = $1::oid AND r.rulename <> '_RETURN' AND r.ev_enabled IN ('O', 'A')"
     " ORDER BY 1"},
    {"shape", NULL,
     "SELECT c.relname, 'it is UNLOGGED: a crash of the server empties it'"
     " FROM pg_catalog.pg_class c WHERE c.oid = $1::oid AND c.relpersistence = 'u'"},
    {"shape", NULL,
     "SELECT c.relname, pg_catalog.format('rows of %s.%s, which inherits from it, are read as its"
     " own', n.nspname, c.relname) FROM pg_catalog.pg_inherits i"
     " JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND NOT c.relispartition"
     " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE i.inhparent = $1::oid"
     " ORDER BY 1"},
    {"shape", NULL,
     "SELECT c.relname, pg_catalog.format('it inherits from %s.%s, which reads its rows as its "
     "own',"
     " n.nspname, c.relname) FROM pg_catalog.pg_inherits i"
     " JOIN pg_catalog.pg_class c ON c.oid = i.inhparent"
     " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE i.inhrelid = $1::oid"
     " ORDER BY 1"},
    {"owner", NULL,
     "SELECT c.relname, pg_catalog.format('it belongs to %s, and the role that ran the migration is"
     " %s: an owner sees every row', pg_catalog.pg_get_userbyid(c.relowner),"
     " pg_catalog.pg_get_userbyid(l.relowner)) FROM pg_catalog.pg_class c"
     " JOIN pg_catalog.pg_class l ON l.relname = 'runs' AND l.relkind = 'r'"
     " JOIN pg_catalog.pg_namespace n ON n.oid = l.relnamespace AND n.nspname = 'graduate'"
     " WHERE c.oid = $1::oid AND c.relowner <> l.relowner"},
};

bool shape_acts(struct inspection *inspection, const struct blueprint_table *table, const char *oid,
                struct error *error)
{
    bool ok = true;
    if (table->mapping->exists)
        return true;
    for (size_t a = 0; ok && a < sizeof acts / sizeof acts[0]; a++) {
        const struct act *act = &acts[a];
        char what[256];
        snprintf(what, sizeof what, "each %s of %s", act->kind, table->label);
        PGresult *rows = query(inspection, what, act->sql, &oid, 1);
        inspection->checks++;
        for (int row = 0; ok && rows != NULL && row < PQntuples(rows); row++)
            if (act->source_kind == NULL ||
                source_object_named(inspection->verification, table, act->source_kind,
                                    PQgetvalue(rows, row, 0)) == NULL)
                ok = inspection_find(inspection, act->kind, table->label, NULL, error, "%s",
                                     PQgetvalue(rows, row, 1));
        PQclear(rows);
    }
    return ok;
}
