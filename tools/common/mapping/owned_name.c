/* Names of the target that are taken already: by PostgreSQL, by the ledger, or by a table whose
 * name differs in nothing but its case. */
#include "mapping.h"

#include <string.h>
#include <strings.h>

static const struct owned {
    const char *name; /* of a schema that ends in "_": of all that begin so */
    const char *owner;
} schemas[] = {
    {"graduate", "the ledger's schema, which goes when the ledger goes"},
    {"information_schema", "a schema that PostgreSQL owns"},
    {"pg_", "a schema that PostgreSQL owns"},
};

#define SYSTEM "a column that PostgreSQL owns"

static const struct owned columns[] = {
    {"tableoid", SYSTEM}, {"xmin", SYSTEM}, {"cmin", SYSTEM},
    {"xmax", SYSTEM},     {"cmax", SYSTEM}, {"ctid", SYSTEM},
};

enum { ROOM = 800 }; /* bytes of the message; the others are counted */

struct naming {
    struct buffer text;
    size_t told, untold;
};

static void tell(struct naming *n, const struct mapping *mapping, const struct mapping_table *table,
                 const char *column, const char *why, const char *whose)
{
    if (n->text.length > ROOM) {
        n->untold++;
        return;
    }
    buffer_printf(&n->text, "%s%s: /to/%s%s%s: %s%s", n->told++ > 0 ? "; " : "", mapping->file,
                  table->label, column != NULL ? "/columns/" : "", column != NULL ? column : "",
                  why, whose);
}

static const char *owner_of(const char *schema)
{
    for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
        size_t length = strlen(schemas[i].name);
        bool family = schemas[i].name[length - 1] == '_';
        if (family ? strncmp(schema, schemas[i].name, length) == 0
                   : strcmp(schema, schemas[i].name) == 0)
            return schemas[i].owner;
    }
    return NULL;
}

/* A table before this one with the same name in other letters: without quotes one of them is found.
 */
static const char *double_of(const struct project *project, const struct mapping_table *table)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        for (size_t t = 0; t < project->mappings[i]->table_count; t++) {
            const struct mapping_table *other = &project->mappings[i]->tables[t];
            if (other == table)
                return NULL;
            if (strcasecmp(other->label, table->label) == 0 &&
                strcmp(other->label, table->label) != 0)
                return other->label;
        }
    return NULL;
}

static void check_table(struct naming *n, const struct project *project,
                        const struct mapping *mapping, const struct mapping_table *table)
{
    const char *owner = owner_of(table->schema), *other = double_of(project, table);
    if (owner != NULL)
        tell(n, mapping, table, NULL, owner, "");
    if (other != NULL)
        tell(n, mapping, table, NULL, "only the case of its letters tells it from ", other);
    for (size_t c = 0; c < table->column_count; c++)
        for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
            if (strcmp(table->columns[c].name, columns[i].name) == 0)
                tell(n, mapping, table, columns[i].name, columns[i].owner, "");
}

bool project_check_names(const struct project *project, struct error *error)
{
    struct naming n = {0};
    buffer_init(&n.text);
    for (size_t i = 0; i < project->mapping_count; i++)
        for (size_t t = 0; t < project->mappings[i]->table_count; t++)
            check_table(&n, project, project->mappings[i], &project->mappings[i]->tables[t]);
    if (n.untold > 0)
        buffer_printf(&n.text, "; and %zu more", n.untold);
    bool ok = n.told == 0;
    if (!ok) {
        error_set(error, ERROR_USAGE, "%s", buffer_text(&n.text));
        error_hint(error, "give them other names");
    }
    ok = buffer_ok(&n.text, error) && ok;
    buffer_release(&n.text);
    return ok;
}
