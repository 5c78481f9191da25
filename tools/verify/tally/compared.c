#include "compared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool compared_init(struct compared_table *compared, const struct mapping_table *table,
                   struct error *error)
{
    *compared = (struct compared_table){
        .mapping = table,
        .label = table->label,
        .schema = table->schema,
        .name = table->name,
    };
    buffer_init(&compared->prefix);
    buffer_put(&compared->prefix, table->label, strlen(table->label) + 1);
    return buffer_ok(&compared->prefix, error);
}

static void release_column(struct compared_column *column)
{
    free(column->name);
    buffer_release(&column->fallback);
}

void compared_release(struct compared_table *compared)
{
    for (size_t i = 0; i < compared->column_count; i++)
        release_column(&compared->columns[i]);
    free(compared->columns);
    buffer_release(&compared->prefix);
    for (size_t side = 0; side < SIDE_COUNT; side++) {
        buffer_release(&compared->scratch[side].row);
        buffer_release(&compared->scratch[side].key);
        buffer_release(&compared->scratch[side].parent);
        buffer_release(&compared->scratch[side].rest);
    }
    *compared = (struct compared_table){0};
}

size_t compared_find(const struct compared_table *compared, const char *name)
{
    size_t i = 0;
    while (i < compared->column_count && strcmp(compared->columns[i].name, name) != 0)
        i++;
    return i;
}

static int by_name(const void *a, const void *b)
{
    const struct compared_column *left = a, *right = b;
    return strcmp(left->name, right->name);
}

bool compared_claim(struct compared_table *compared, const struct expected_table *table,
                    struct error *error)
{
    size_t most = compared->column_count + table->column_count;
    struct compared_column *columns = realloc(compared->columns, (most + 1) * sizeof *columns);
    if (columns == NULL)
        return error_memory(error);
    compared->columns = columns;
    compared->entity_count++;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct expected_column *column = &table->columns[i];
        size_t at = compared_find(compared, column->name);
        if (at == compared->column_count) {
            columns[at] = (struct compared_column){
                .name = strdup(column->name),
                .type = column->type,
                .constant = true,
            };
            buffer_init(&columns[at].fallback);
            if (columns[at].name == NULL)
                return error_memory(error);
            compared->column_count++;
        }
        columns[at].claims++;
        columns[at].key_claims += column->key;
    }
    qsort(columns, compared->column_count, sizeof *columns, by_name);
    return true;
}

/* ---- what the mappings say of a column ------------------------------------------------------ */

static const struct mapping_column *find_column(const struct mapping_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

static bool has_function(const struct mapping_column *column, enum mapping_function function)
{
    for (size_t i = 0; column != NULL && i < column->value.function_count; i++)
        if (column->value.functions[i].function == function)
            return true;
    return false;
}

/* The row forms of a table, over all entities: *sometimes when one does not give the column. */
struct forms {
    size_t count, parents, positions, eaches;
    bool secret, sometimes;
};

static struct forms look_at_forms(const struct project *project, const char *label,
                                  const char *name)
{
    struct forms forms = {0};
    for (size_t m = 0; m < project->mapping_count; m++)
        for (size_t t = 0; t < project->mappings[m]->table_count; t++) {
            const struct mapping_table *form = &project->mappings[m]->tables[t];
            if (strcmp(form->label, label) != 0)
                continue;
            const struct mapping_column *column = find_column(form, name);
            forms.count++;
            forms.eaches += form->each != NULL;
            bool place = column != NULL && column->value.kind == VALUE_POSITION;
            bool outer = place && column->value.from != NULL; /* of what is around: it tells whose
                                                                 row it is */
            forms.parents += outer || (column != NULL && column->value.kind == VALUE_PARENT);
            forms.positions += place && !outer;
            forms.secret = forms.secret || has_function(column, FUNCTION_PASSWORD);
            forms.sometimes = forms.sometimes || (column == NULL && !form->keep_shape);
        }
    return forms;
}

/* Take what the target says of a column; it is usable if it can be compared. */
static bool settle_column(struct compared_table *compared, struct compared_column *column,
                          const struct forms *forms, const struct found_column *found,
                          struct postgres *target, struct verdict_file *verdict,
                          struct error *error)
{
    if (found == NULL)
        return verdict_find(verdict, LEVEL_CONTENT, "no column", compared->label, NULL, NULL, error,
                            "%s has no column %s", compared->label, column->name);
    bool carried = found->type.name == NULL && column->type.named != NULL;
    if (found->type.name == NULL && !carried)
        return verdict_find(verdict, LEVEL_CONTENT, "type", compared->label, NULL, NULL, error,
                            "%s.%s is of type %s, which no value of a source becomes",
                            compared->label, column->name, found->type_text);
    bool always = !forms->sometimes && column->claims == compared->entity_count;
    if (!always && !found->constant) {
        snprintf(compared->left_out, sizeof compared->left_out, "%s.%s", compared->label,
                 column->name);
        return true;
    }
    column->usable = true;
    column->type = carried ? column->type : found->type; /* the shape compares the names */
    column->secret = forms->secret;
    column->constant = !always;
    column->parent = forms->eaches == forms->count && forms->parents == forms->count;
    column->position = forms->eaches == forms->count && forms->positions == forms->count;
    return always || found_default(target, found, &column->fallback, error);
}

/* What names a row: the columns that every entity says do, if all of them can be compared. A place
 * by the parent needs the parent to be part of that. */
static void settle_key(struct compared_table *compared, bool usable)
{
    bool any = false, position = false, parent = false, inside = true;
    for (size_t i = 0; i < compared->column_count; i++) {
        struct compared_column *column = &compared->columns[i];
        column->key = column->key_claims == compared->entity_count;
        any = any || column->key;
        position = position || column->position;
        parent = parent || column->parent;
        inside = inside && (!column->parent || column->key);
    }
    compared->named = any && usable;
    for (size_t i = 0; i < compared->column_count; i++)
        compared->columns[i].key = compared->columns[i].key || !compared->named;
    compared->ordered = compared->named && position && parent && inside;
}

/* Take out what is not compared; nothing can fail here. */
static void compact(struct compared_table *compared)
{
    size_t kept = 0;
    for (size_t i = 0; i < compared->column_count; i++) {
        if (compared->columns[i].usable)
            compared->columns[kept++] = compared->columns[i];
        else
            release_column(&compared->columns[i]);
    }
    compared->column_count = kept;
}

bool compared_settle(struct compared_table *compared, const struct project *project,
                     struct postgres *target, struct verdict_file *verdict, struct error *error)
{
    struct found_table found;
    bool key_usable = true;
    if (!found_describe(target, compared->schema, compared->name, &found, error))
        return false;
    compared->there = found.there;
    bool ok =
        found.there || verdict_find(verdict, LEVEL_CONTENT, "no table", compared->label, NULL, NULL,
                                    error, "the target has no table %s", compared->label);
    for (size_t i = 0; ok && found.there && i < compared->column_count; i++) {
        struct compared_column *column = &compared->columns[i];
        struct forms forms = look_at_forms(project, compared->label, column->name);
        ok = settle_column(compared, column, &forms, found_column_find(&found, column->name),
                           target, verdict, error);
        bool key = column->key_claims == compared->entity_count;
        key_usable = key_usable && (column->usable || !key);
    }
    found_release(&found);
    if (ok && compared->there) {
        compact(compared);
        settle_key(compared, key_usable);
    }
    return ok;
}

void compared_put_select(const struct compared_table *compared, struct buffer *sql)
{
    buffer_puts(sql, "SELECT ");
    for (size_t i = 0; i < compared->column_count; i++) {
        buffer_puts(sql, i > 0 ? ", " : "");
        found_put_identifier(sql, compared->columns[i].name);
    }
    buffer_puts(sql, " FROM ");
    found_put_identifier(sql, compared->schema);
    buffer_putc(sql, '.');
    found_put_identifier(sql, compared->name);
}

void compared_put_identity(const struct compared_table *compared, struct buffer *text)
{
    buffer_printf(text, "%s%s\n", compared->label, compared->ordered ? " ordered" : "");
    for (size_t i = 0; i < compared->column_count; i++) {
        const struct compared_column *column = &compared->columns[i];
        struct hash fallback = hash_of(column->fallback.data, column->fallback.length);
        char type[PGTYPE_SIZE];
        pgtype_format(&column->type, type, sizeof type);
        buffer_printf(text, "  %s %s%s%s%s %d %016llx\n", column->name, type,
                      column->key ? " key" : "", column->parent ? " parent" : "",
                      column->position ? " position" : "", column->constant,
                      (unsigned long long)fallback.low);
    }
}

/* ---- a row ---------------------------------------------------------------------------------- */

static void put_value(struct buffer *to, const uint8_t *bytes, size_t length)
{
    buffer_put_be32(to, (uint32_t)length);
    buffer_put(to, bytes, length);
}

static void begin(struct buffer *to, const struct buffer *prefix)
{
    buffer_clear(to);
    buffer_put(to, prefix->data, prefix->length);
}

bool compared_hash_key(struct compared_table *compared, enum side side,
                       const struct expected_value *values, struct hash *key, struct error *error)
{
    struct buffer *scratch = &compared->scratch[side].key;
    begin(scratch, &compared->prefix);
    for (size_t i = 0; i < compared->column_count; i++)
        if (compared->columns[i].key)
            put_value(scratch, values[i].bytes, values[i].length);
    if (!buffer_ok(scratch, error))
        return false;
    *key = hash_of(scratch->data, scratch->length);
    return true;
}

bool compared_hash(struct compared_table *compared, enum side side,
                   const struct expected_value *values, struct row_hashes *hashes,
                   struct error *error)
{
    struct compared_scratch *scratch = &compared->scratch[side];
    begin(&scratch->row, &compared->prefix);
    begin(&scratch->key, &compared->prefix);
    begin(&scratch->parent, &compared->prefix);
    begin(&scratch->rest, &compared->prefix);
    for (size_t i = 0; i < compared->column_count; i++) {
        const struct compared_column *column = &compared->columns[i];
        const uint8_t *bytes = values[i].given ? values[i].bytes : column->fallback.data;
        size_t length = values[i].given ? values[i].length : column->fallback.length;
        if (!values[i].given && !column->constant)
            return error_set(error, ERROR_BUG, "a row of %s does not give the column %s",
                             compared->label, column->name);
        put_value(&scratch->row, bytes, length);
        if (column->key)
            put_value(&scratch->key, bytes, length);
        if (compared->ordered && column->parent)
            put_value(&scratch->parent, bytes, length);
        if (compared->ordered && !column->position)
            put_value(&scratch->rest, bytes, length);
    }
    if (!buffer_ok(&scratch->row, error) || !buffer_ok(&scratch->key, error) ||
        !buffer_ok(&scratch->parent, error) || !buffer_ok(&scratch->rest, error))
        return false;
    *hashes = (struct row_hashes){
        .row = hash_of(scratch->row.data, scratch->row.length),
        .key = hash_of(scratch->key.data, scratch->key.length),
        .bytes = scratch->row.length,
    };
    if (compared->ordered) {
        hashes->parent = hash_of(scratch->parent.data, scratch->parent.length);
        hashes->rest = hash_of(scratch->rest.data, scratch->rest.length);
    }
    return true;
}

const struct hash *compared_place(const struct compared_table *compared,
                                  const struct row_hashes *hashes)
{
    return compared->ordered ? &hashes->parent : &hashes->key;
}
