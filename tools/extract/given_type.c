#include "given_type.h"

#include "graduate/buffer.h"
#include "graduate/path.h"
#include "graduate/pgtype.h"

#include <stdlib.h>
#include <string.h>

enum { OID_OID = 26, OID_CIDR = 650, OID_MONEY = 790 };

/* Types whose values graduate-transform prints, or takes for texts, itself. */
static bool has_text(const struct pgtype *type)
{
    static const bool own[PG_BASE_COUNT] = {
        [PG_BOOL] = true, [PG_INT2] = true,        [PG_INT4] = true,  [PG_INT8] = true,
        [PG_TEXT] = true, [PG_VARCHAR] = true,     [PG_CHAR] = true,  [PG_NUMERIC] = true,
        [PG_UUID] = true, [PG_DATE] = true,        [PG_TIME] = true,  [PG_TIMESTAMP] = true,
        [PG_JSON] = true, [PG_TIMESTAMPTZ] = true, [PG_JSONB] = true, [PG_BYTEA] = true,
    };
    return own[type->base] || strcmp(type->name, "name") == 0;
}

static bool is_text(const struct pgtype *type)
{
    return type->base == PG_TEXT || type->base == PG_VARCHAR || type->base == PG_CHAR;
}

static bool is_carried(const struct pgtype *type, uint32_t oid)
{
    return type->base == PG_CARRIED && !type->array && type->carried == oid;
}

/* A type with a length might cut what is printed. */
static bool prints(const struct pgtype *own, const struct pgtype *wanted)
{
    return is_text(wanted) && wanted->length == 0 && !wanted->array && (own->array || !has_text(own));
}

static bool prints_each(const struct pgtype *own, const struct pgtype *wanted)
{
    return is_text(wanted) && wanted->length == 0 && wanted->array && own->array && !is_text(own);
}

static bool numbers(const struct pgtype *own, const struct pgtype *wanted)
{
    return is_carried(own, OID_OID) && wanted->base == PG_INT8 && !wanted->array;
}

static bool counts(const struct pgtype *own, const struct pgtype *wanted)
{
    return is_carried(own, OID_MONEY) && wanted->base == PG_NUMERIC && !wanted->array;
}

static bool widens(const struct pgtype *own, const struct pgtype *wanted)
{
    return is_carried(own, OID_CIDR) && wanted->base == PG_INET && !wanted->array;
}

/* hstore, and composites; other types of extensions have no members. */
static bool has_members(const struct pgtype *own, const struct pgtype *wanted)
{
    const char *name = own->named != NULL ? strrchr(own->named, '.') : NULL;
    bool members = own->base == PG_CARRIED && own->named != NULL &&
                   (own->layout[0] == '(' || (name != NULL && strcmp(name, ".hstore") == 0));
    return members && wanted->base == PG_JSONB && !wanted->array && !own->array;
}

/* In which types the source gives which. */
static const struct given {
    bool (*gives)(const struct pgtype *own, const struct pgtype *wanted);
    const char *type;
    uint32_t oid;
} givens[] = {
    {prints, "text", 25},      {prints_each, "text[]", 1009}, {numbers, "bigint", 20},
    {counts, "numeric", 1700}, {widens, "inet", 869},         {has_members, "jsonb", 3802},
};

static const struct given *find(const struct pgtype *own, const struct pgtype *wanted)
{
    for (size_t i = 0; i < sizeof givens / sizeof givens[0]; i++)
        if (givens[i].gives(own, wanted))
            return &givens[i];
    return NULL;
}

/* The type that values have of which nothing is known but that they have a text. */
static struct pgtype type_of(const struct catalog_column *column)
{
    struct pgtype type;
    if (!pgtype_of_column(column->type, column->oid, column->layout, &type)) {
        size_t length = strlen(column->type);
        type = (struct pgtype){
            .name = column->type,
            .base = PG_CARRIED,
            .array = length > 2 && strcmp(column->type + length - 2, "[]") == 0,
            .carried = column->oid,
            .layout = "x",
        };
    }
    return type;
}

/* How one table takes the column: *given stays, or becomes NULL and *ok false where it is to stay
 * as it is. */
static void look(const struct mapping_table *table, const struct catalog_column *column,
                 const struct given **given, bool *ok)
{
    const struct pgtype own = type_of(column);
    bool named = false;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct mapping_column *by = &table->columns[i];
        if (table->each != NULL || by->value.kind != VALUE_FROM ||
            !path_is_name(by->value.from, column->name))
            continue;
        const struct given *wanted =
            by->type.name != NULL && mapping_value_is_plain(&by->value) &&
                    by->value.id_of == NULL && by->value.keys_id_of == NULL
                ? find(&own, &by->type)
                : NULL;
        *ok = *ok && wanted != NULL && (*given == NULL || *given == wanted);
        *given = wanted;
        named = true;
    }
    *ok = *ok && (named || !table->keep_shape);
}

static bool replace(char **text, const char *by, struct error *error)
{
    free(*text);
    *text = strdup(by);
    return *text != NULL ? true : error_memory(error);
}

/* A constant of the own type is one of the other. What is no text has no such constants. */
static bool settle_default(struct catalog_column *column, const struct given *given,
                           struct error *error)
{
    struct buffer sql;
    char *was = column->default_sql;
    if (was == NULL)
        return true;
    size_t length = strlen(was), own = strlen(column->type);
    bool constant = length > own + 2 && strcmp(was + length - own, column->type) == 0 &&
                    strncmp(was + length - own - 2, "::", 2) == 0;
    if (strcmp(given->type, "jsonb") == 0) {
        free(was);
        column->default_sql = NULL;
        return true;
    }
    buffer_init(&sql);
    buffer_printf(&sql, "%.*s%s", (int)(constant ? length - own : length), was,
                  constant ? given->type : "");
    bool ok = buffer_ok(&sql, error) && replace(&column->default_sql, buffer_text(&sql), error);
    buffer_release(&sql);
    return ok;
}

static bool settle_column(const struct project *project, const struct source *source,
                          const char *entity, struct catalog_column *column, struct error *error)
{
    const struct given *given = NULL;
    bool ok = true;
    for (size_t m = 0; m < project->mapping_count; m++) {
        const struct mapping *mapping = project->mappings[m];
        if (mapping->source != source || strcmp(mapping->from, entity) != 0 ||
            path_any_is_name(mapping->drops.items, mapping->drops.count, column->name))
            continue;
        for (size_t t = 0; t < mapping->table_count; t++)
            look(&mapping->tables[t], column, &given, &ok);
    }
    struct pgtype own;
    if (given == NULL && !pgtype_of_column(column->type, column->oid, column->layout, &own))
        given = &givens[0]; /* it need not have a binary form, and nobody takes it */
    if (!ok || given == NULL)
        return true;
    if (!settle_default(column, given, error))
        return false;
    free(column->layout);
    column->layout = NULL;
    column->own_type = column->type;
    column->type = strdup(given->type);
    column->oid = given->oid;
    return column->type != NULL ? true : error_memory(error);
}

bool given_type_settle(const struct project *project, const struct source *source,
                       struct catalog *catalog, struct error *error)
{
    for (size_t e = 0; source->kind == SOURCE_POSTGRES && e < catalog->entity_count; e++) {
        struct catalog_entity *entity = &catalog->entities[e];
        for (size_t c = 0; c < entity->column_count; c++)
            if (!settle_column(project, source, entity->name, &entity->columns[c], error))
                return false;
    }
    return true;
}
