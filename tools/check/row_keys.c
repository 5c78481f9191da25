#include "row_keys.h"
#include "row_field.h"

#include "graduate/buffer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SETS = ROW_KEY_SETS + 1, MOST_FIELDS = 1600 };
/* Of a large store each key lies on a page of its own, and until the commit those are in memory. */
enum { RECORDS_AT_ONCE = 1024 };

/* Sets and references have numbers that are the same in every process: by table (which may have
 * several outputs) and by place, or by output and column. */
static size_t first_form(const struct schema *schema, const struct schema_output *output)
{
    size_t first = 0;
    while (strcmp(schema->outputs[first].table->label, output->table->label) != 0)
        first++;
    return first;
}

static uint32_t set_number(const struct schema *schema, const struct schema_output *output,
                           size_t place)
{
    return (uint32_t)(first_form(schema, output) * MOST_SETS + place);
}

static uint32_t reference_number(const struct schema *schema, const struct schema_output *output,
                                 size_t column)
{
    return (uint32_t)((size_t)(output - schema->outputs) * MOST_FIELDS + column);
}

/* The columns of the key (place 0) or of a unique constraint; 0: the form does not have
 * them. */
static size_t columns_of(const struct schema *schema, const struct schema_output *output,
                         size_t place, size_t columns[32])
{
    if (place == 0) {
        for (size_t i = 0; i < output->key_count && i < 32; i++)
            columns[i] = output->key[i];
        return output->key_count < 32 ? output->key_count : 32;
    }
    const struct words *words = &schema->outputs[first_form(schema, output)].uniques[place - 1];
    size_t count = 0;
    for (size_t w = 0; w < words->count && count < 32; w++)
        for (size_t c = 0; c < output->column_count; c++)
            if (strcmp(output->columns[c].name, words->items[w]) == 0)
                columns[count++] = c;
    return count == words->count ? count : 0;
}

static void put_names(struct buffer *out, const struct schema_output *output, const size_t *columns,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_printf(out, "%s%s", i > 0 ? ", " : "", output->columns[columns[i]].name);
}

/* `column` may be NULL: what is wrong is at none of the rows' own. */
static bool note(struct row_keys *keys, const struct schema_output *output,
                 const struct schema_column *column, const char *record, const char *message,
                 const char *hint, struct error *error)
{
    struct buffer path;
    buffer_init(&path);
    if (column != NULL)
        row_field_path(&path, output, column);
    struct problem_row row = {strdup(keys->entity->name), strdup(record),
                              strdup(buffer_text(&path)), strdup(message), strdup(hint)};
    buffer_release(&path);
    if (row.entity != NULL && row.key != NULL && row.path != NULL && row.message != NULL &&
        row.hint != NULL)
        return findings_add(keys->findings, &row, error);
    problem_row_release(&row);
    return error_memory(error);
}

#define NOT_UNIQUE ADVICE("correct one of the records in the source, or the mapping")

static bool note_twice(struct row_keys *keys, const struct schema_output *output,
                       const size_t *columns, size_t count, const struct row_field *fields,
                       const char *record, const char *by, struct error *error)
{
    struct buffer names, value, message;
    buffer_init(&names);
    buffer_init(&value);
    buffer_init(&message);
    put_names(&names, output, columns, count);
    if (count == 1)
        row_field_put(&value, &output->columns[columns[0]], &fields[columns[0]]);
    buffer_printf(&message, "%s%s(%s) of %s must be unique, and is the same for key \"%s\"",
                  buffer_text(&value), value.length > 0 ? ": " : "", buffer_text(&names),
                  output->table->label, by);
    bool ok = buffer_ok(&message, error) && note(keys, output, &output->columns[columns[0]], record,
                                                 buffer_text(&message), NOT_UNIQUE, error);
    buffer_release(&names);
    buffer_release(&value);
    buffer_release(&message);
    return ok;
}

/* A field of a value of a set of so many columns. */
static void put_set_field(struct buffer *out, const struct row_field *field, size_t columns)
{
    if (columns > 1)
        buffer_put_be32(out, field->length);
    buffer_put(out, field->bytes, field->length);
}

static bool take_uniques(struct row_keys *keys, const struct schema_output *output,
                         const struct row_field *fields, const char *record, struct error *error)
{
    size_t sets = 1 + keys->schema->outputs[first_form(keys->schema, output)].unique_count;
    bool ok = true;
    for (size_t place = 0; ok && place < sets && place < MOST_SETS - 1; place++) {
        size_t columns[32], count = columns_of(keys->schema, output, place, columns);
        struct buffer bytes;
        char by[STORE_TEXT];
        bool there = false, null = false;
        if (count == 0)
            continue;
        buffer_init(&bytes);
        for (size_t i = 0; i < count; i++) {
            const struct row_field *field = &fields[columns[i]];
            null = null || field->bytes == NULL;
            put_set_field(&bytes, field, count);
        }
        ok = buffer_ok(&bytes, error) &&
             (null || store_put_key(keys->store, set_number(keys->schema, output, place),
                                    bytes.data, bytes.length, record, &there, by, error));
        if (ok && there && !server_uniques_tell(keys->uniques, keys->schema, output, place))
            ok = note_twice(keys, output, columns, count, fields, record, by, error);
        buffer_release(&bytes);
    }
    return ok;
}

enum { ID_SIZE = 40 };

/* An id as the column has it whose key it is: there it is a UUID, or its text. */
static struct row_field id_as_key(const struct schema_column *column,
                                  const struct schema_column *key, const struct row_field *field,
                                  uint8_t room[ID_SIZE])
{
    char text[37];
    bool bare = column->type.base == PG_UUID, wanted = key->type.base == PG_UUID;
    if (!bare && wanted && uuid_parse((const char *)field->bytes, field->length, room))
        return (struct row_field){room, 16};
    if (bare && !wanted && field->length == 16) {
        uuid_format(field->bytes, text);
        memcpy(room, text, 36);
        return (struct row_field){room, 36};
    }
    return *field;
}

static bool take_ids(struct row_keys *keys, const struct schema_output *output,
                     const struct row_field *fields, const char *record, struct error *error)
{
    bool ok = true;
    for (size_t c = 0; ok && c < output->column_count; c++) {
        const struct schema_column *column = &output->columns[c];
        const struct schema_output *to;
        size_t to_column;
        char value[40];
        uint8_t room[ID_SIZE];
        if (fields[c].bytes == NULL || column->mapping == NULL ||
            column->mapping->value.id_of == NULL ||
            !schema_reference(keys->schema, output, column, &to, &to_column))
            continue;
        row_field_id(keys->schema, column, &fields[c], value);
        struct row_field id = id_as_key(column, &to->columns[to_column], &fields[c], room);
        ok = store_put_reference(keys->store, reference_number(keys->schema, output, c), id.bytes,
                                 id.length, value, record, error);
    }
    return ok;
}

static size_t place_of(const struct schema_output *output, const char *column)
{
    size_t c = 0;
    while (c < output->column_count && strcmp(output->columns[c].name, column) != 0)
        c++;
    return c;
}

/* Are two values of the columns the same where their bytes are? */
static bool same_bytes(const struct pgtype *a, const struct pgtype *b)
{
    static const bool one_form[PG_BASE_COUNT] = {
        [PG_BOOL] = true, [PG_INT2] = true, [PG_INT4] = true, [PG_INT8] = true,
        [PG_TEXT] = true, [PG_UUID] = true, [PG_DATE] = true, [PG_VARCHAR] = true,
    };
    return one_form[a->base] && a->base == b->base && !a->array && !b->array;
}

/* A foreign key of a form whose rows are all known here: the set that it refers to, and the form's
 * columns in the order of that set's. */
struct row_tie {
    size_t number; /* among the table's */
    const struct schema_output *to;
    size_t place, columns[32], count;
};

/* The `number`th of the form's. False: it is looked at as ids are, or is the server's to say. */
static bool find_tie(const struct schema *schema, const struct schema_output *output, size_t number,
                     struct row_tie *tied)
{
    const struct schema_tie *tie = &schema->outputs[first_form(schema, output)].ties[number];
    const struct schema_output *to = &schema->outputs[first_form(schema, tie->to)], *home;
    size_t sets = 1 + to->unique_count, its[32], column;
    *tied = (struct row_tie){.number = number, .to = to};
    column = tie->columns.count == 1 ? place_of(output, tie->columns.items[0]) : SIZE_MAX;
    if (to->table->exists ||
        (column < output->column_count &&
         schema_reference(schema, output, &output->columns[column], &home, its)))
        return false;
    for (; tied->place < sets && tied->place < MOST_SETS - 1; tied->place++) {
        size_t count = columns_of(schema, to, tied->place, its), i = 0;
        for (tied->count = 0; count == tie->to_columns.count && tied->count < count;
             tied->count++) {
            const struct schema_column *there = &to->columns[its[tied->count]];
            for (i = 0; i < count && strcmp(tie->to_columns.items[i], there->name) != 0;)
                i++;
            column = i < count ? place_of(output, tie->columns.items[i]) : output->column_count;
            if (column == output->column_count ||
                !same_bytes(&output->columns[column].type, &there->type))
                break;
            tied->columns[tied->count] = column;
        }
        if (count > 0 && tied->count == count && count == tie->to_columns.count)
            return true;
    }
    return false;
}

/* Numbers of columns come from the front, those of foreign keys from behind. */
static uint32_t tie_number(const struct schema *schema, const struct schema_output *output,
                           size_t number)
{
    return reference_number(schema, output, MOST_FIELDS - 1 - number);
}

static size_t tie_count(const struct schema *schema, const struct schema_output *output)
{
    size_t count = schema->outputs[first_form(schema, output)].tie_count;
    return count < MOST_FIELDS - output->column_count ? count : MOST_FIELDS - output->column_count;
}

/* Of each output of the entity; ended by one without `to`. */
static bool find_ties(struct row_keys *keys, struct error *error)
{
    if (keys->ties != NULL)
        return true;
    keys->ties = calloc(keys->count + 1, sizeof *keys->ties);
    if (keys->ties == NULL)
        return error_memory(error);
    for (size_t i = 0; i < keys->count; i++) {
        const struct schema_output *output = &keys->schema->outputs[keys->first + i];
        size_t count = tie_count(keys->schema, output), found = 0;
        keys->ties[i] = calloc(count + 1, sizeof **keys->ties);
        if (keys->ties[i] == NULL)
            return error_memory(error);
        for (size_t number = 0; number < count; number++)
            found += find_tie(keys->schema, output, number, &keys->ties[i][found]);
        keys->ties[i][found].to = NULL;
    }
    return true;
}

static const struct row_tie *ties_of(const struct row_keys *keys,
                                     const struct schema_output *output)
{
    return keys->ties[(size_t)(output - keys->schema->outputs) - keys->first];
}

void row_keys_release(struct row_keys *keys)
{
    for (size_t i = 0; keys->ties != NULL && i < keys->count; i++)
        free(keys->ties[i]);
    free(keys->ties);
    *keys = (struct row_keys){0};
}

static bool take_ties(struct row_keys *keys, const struct schema_output *output,
                      const struct row_field *fields, const char *record, struct error *error)
{
    bool ok = true;
    for (const struct row_tie *tied = ties_of(keys, output); ok && tied->to != NULL; tied++) {
        struct buffer bytes, value;
        bool null = false;
        buffer_init(&bytes);
        buffer_init(&value);
        for (size_t i = 0; i < tied->count; i++) {
            const struct row_field *field = &fields[tied->columns[i]];
            null = null || field->bytes == NULL;
            put_set_field(&bytes, field, tied->count);
            buffer_puts(&value, i > 0 ? ", " : "");
            row_field_put(&value, &output->columns[tied->columns[i]], field);
        }
        ok = buffer_ok(&bytes, error) && buffer_ok(&value, error) &&
             (null ||
              store_put_reference(keys->store, tie_number(keys->schema, output, tied->number),
                                  bytes.data, bytes.length, buffer_text(&value), record, error));
        buffer_release(&bytes);
        buffer_release(&value);
    }
    return ok;
}

/* The set of a table's keys that would be there, but for a rule. */
static uint32_t left_out_number(const struct schema *schema, const struct schema_output *output)
{
    return set_number(schema, output, MOST_SETS - 1);
}

/* Is the output's key the id that the source itself gives the record, and messages call it by? */
static bool is_named_by_key(const struct row_keys *keys, const struct schema_output *output)
{
    const struct mapping_column *key =
        output->key_count == 1 ? output->columns[output->key[0]].mapping : NULL;
    return key != NULL && output->table->each == NULL && key->value.id_of == keys->entity &&
           key->value.kind == VALUE_FROM && key->value.function_count == 0 && !key->type.array &&
           (strcmp(key->value.from, "_id") == 0 || strcmp(key->value.from, "$id") == 0);
}

/* A record that became no row is told from one that is not there. */
static bool take_left_out(struct row_keys *keys, const struct schema_output *output,
                          const char *record, struct error *error)
{
    const struct identity *identity = &keys->schema->project->identity;
    uint8_t uuid[16];
    char text[37], by[STORE_TEXT];
    bool there;
    if (!is_named_by_key(keys, output) ||
        !identity_from_text(identity, keys->entity->name, IDENTITY_TEXTS, record, strlen(record),
                            uuid))
        return true;
    bool bare = output->columns[output->key[0]].type.base == PG_UUID;
    uuid_format(uuid, text);
    return store_put_key(keys->store, left_out_number(keys->schema, output),
                         bare ? (const void *)uuid : text, bare ? sizeof uuid : 36, record, &there,
                         by, error);
}

static bool damaged(struct error *error)
{
    return error_set(error, ERROR_SOURCE, "a row of the trial is cut off");
}

static bool take_rows(struct row_keys *keys, const struct schema_output *output, const uint8_t **at,
                      const uint8_t *end, unsigned long rows, const char *record,
                      struct error *error)
{
    struct row_field *fields = calloc(output->column_count + 1, sizeof *fields);
    bool ok = fields != NULL || error_memory(error);
    for (; ok && rows > 0; rows--) {
        ok = row_fields_read(at, end, fields, output->column_count) || damaged(error);
        if (ok && keys->index != NULL)
            unique_index_add(keys->index, (size_t)(output - keys->index->outputs), fields, record);
        else
            ok = ok && take_uniques(keys, output, fields, record, error) &&
                 take_ids(keys, output, fields, record, error) &&
                 take_ties(keys, output, fields, record, error);
        for (size_t i = 0; ok && keys->uniques != NULL && i < keys->uniques->count; i++)
            if (keys->uniques->items[i].open)
                unique_index_add(&keys->uniques->items[i].index,
                                 (size_t)(output - keys->uniques->items[i].index.outputs), fields,
                                 record);
    }
    free(fields);
    return ok;
}

/* ---- what a unique index of the target calls the same ------------------------------------------
 */

/* Its rows, and the number of their set. */
struct indexed {
    struct row_keys *keys;
    const struct unique_index *index;
    uint32_t set;
};

/* What the column is made of, where the rows are the entity's. */
static const struct schema_output *indexed_output(const struct indexed *indexed)
{
    const struct schema_output *output = &indexed->keys->schema->outputs[indexed->keys->first];
    while (strcmp(output->table->label, indexed->index->label) != 0)
        output++;
    return output;
}

static void put_other(struct buffer *message, const struct row_keys *keys,
                      const struct unique_key *key, bool there, const char *by)
{
    size_t length = strcspn(by, "\n");
    if (!there)
        buffer_printf(message, "the row \"%s\" that the target has already", key->there);
    else
        buffer_printf(message, "key \"%s\"", by + length + 1);
    if (there &&
        (strncmp(by, keys->entity->name, length) != 0 || keys->entity->name[length] != '\0'))
        buffer_printf(message, " of %.*s", (int)length, by);
}

static bool take_key(void *context, const struct unique_key *key, struct error *error)
{
    const struct indexed *indexed = context;
    struct row_keys *keys = indexed->keys;
    const struct unique_index *index = indexed->index;
    const struct schema_output *output = indexed_output(indexed);
    char record[STORE_TEXT], by[STORE_TEXT];
    bool there;
    snprintf(record, sizeof record, "%s\n%s", keys->entity->name, key->record);
    if (!store_put_key(keys->store, indexed->set, key->hash, strlen(key->hash), record, &there, by,
                       error))
        return false;
    if (!there && key->there == NULL)
        return true;
    struct buffer message;
    buffer_init(&message);
    buffer_printf(&message, "%s%s(%s) of %s must be unique, and is the same for ", key->shown,
                  key->shown[0] != '\0' ? ": " : "", index->keys, index->label);
    put_other(&message, keys, key, there, by);
    bool ok =
        buffer_ok(&message, error) && note(keys, output, unique_index_column(index, output),
                                           key->record, buffer_text(&message), NOT_UNIQUE, error);
    buffer_release(&message);
    return ok;
}

/* What the server tells of a batch. That it cannot is no reason to end. */
static bool tell_server(struct row_keys *keys, struct error *error)
{
    bool ok = true;
    for (size_t i = 0; ok && keys->uniques != NULL && i < keys->uniques->count; i++) {
        struct server_unique *unique = &keys->uniques->items[i];
        const struct schema_output *form = &keys->schema->outputs[unique->output];
        struct indexed indexed = {keys, &unique->index,
                                  set_number(keys->schema, form, unique->place)};
        struct error why;
        if (unique->open && !unique_index_tell(&unique->index, take_key, &indexed, &why))
            ok = server_uniques_give_up(keys->uniques, unique, &why, error);
    }
    if (ok && keys->index != NULL) {
        struct indexed alone = {keys, keys->index, 0};
        ok = unique_index_tell(keys->index, take_key, &alone, error);
    }
    return ok;
}

bool row_keys_take(struct row_keys *keys, const struct stream_section *sections,
                   const struct stream_section *records, struct error *error)
{
    const uint8_t *at = records->tuples, *end = at + records->length;
    const uint8_t **places = calloc(keys->count + 1, sizeof *places);
    bool ok = (places != NULL || error_memory(error)) && find_ties(keys, error);
    for (size_t i = 0; ok && i < keys->count; i++)
        places[i] = sections[i].tuples;
    for (uint32_t r = 0; ok && r < records->rows; r++) {
        struct row_field told[2] = {{NULL, 0}, {NULL, 0}};
        char record[STORE_TEXT], *counts;
        ok = (row_fields_read(&at, end, told, 2) && told[0].bytes != NULL &&
              told[1].bytes != NULL) ||
             damaged(error);
        if (!ok)
            break;
        snprintf(record, sizeof record, "%.*s", (int)told[0].length, (const char *)told[0].bytes);
        counts = strndup((const char *)told[1].bytes, told[1].length);
        ok = counts != NULL || error_memory(error);
        char *next = counts;
        for (size_t i = 0; ok && i < keys->count; i++) {
            unsigned long rows = strtoul(next, &next, 10);
            if (rows == 0 && keys->index == NULL)
                ok = take_left_out(keys, &keys->schema->outputs[keys->first + i], record, error);
            ok = ok && take_rows(keys, &keys->schema->outputs[keys->first + i], &places[i],
                                 sections[i].tuples + sections[i].length, rows, record, error);
        }
        free(counts);
        if (ok && r % RECORDS_AT_ONCE == RECORDS_AT_ONCE - 1)
            ok = store_commit(keys->store, error);
    }
    free(places);
    return ok && tell_server(keys, error) && store_commit(keys->store, error);
}

struct telling {
    struct row_keys *keys;
    const struct schema_output *output, *to;
    const struct schema_column *column;
    const char *quote; /* around a value */
    const char *hint;
};

static bool tell(void *context, const struct orphan *orphan, struct error *error)
{
    const struct telling *telling = context;
    char message[300];
    snprintf(message, sizeof message,
             orphan->left_out ? "%s%s%s is a record of %s that is left out by a rule"
                              : "%s%s%s is in no record of %s",
             telling->quote, orphan->value, telling->quote, telling->to->entity->name);
    return note(telling->keys, telling->output, telling->column, orphan->record, message,
                telling->hint, error);
}

static bool tell_ids(struct row_keys *keys, const struct schema_output *output, struct error *error)
{
    struct telling telling = {.keys = keys,
                              .output = output,
                              .quote = "\"",
                              .hint = ADVICE("correct the record in the source, map what it refers "
                                             "to, or say what becomes of such ids: \"dangling\": "
                                             "\"null\", \"keep\", \"left_out\" or "
                                             "\"reject\"")};
    bool ok = true;
    for (size_t c = 0; ok && c < output->column_count; c++) {
        size_t to_column;
        telling.column = &output->columns[c];
        if (telling.column->mapping != NULL && telling.column->mapping->value.id_of != NULL &&
            schema_reference(keys->schema, output, telling.column, &telling.to, &to_column))
            ok =
                store_each_orphan(keys->store, reference_number(keys->schema, output, c),
                                  set_number(keys->schema, telling.to, 0),
                                  left_out_number(keys->schema, telling.to), tell, &telling, error);
    }
    return ok;
}

static bool tell_ties(struct row_keys *keys, const struct schema_output *output,
                      struct error *error)
{
    struct telling telling = {.keys = keys,
                              .output = output,
                              .quote = "",
                              .hint = ADVICE("correct the record in the source, or map what it "
                                             "refers to; or do without the foreign key, which a "
                                             "kept table has from its source: \"not_kept\"")};
    bool ok = true;
    for (const struct row_tie *tied = ties_of(keys, output); ok && tied->to != NULL; tied++) {
        telling.column = &output->columns[tied->columns[0]];
        telling.to = tied->to;
        ok = store_each_orphan(keys->store, tie_number(keys->schema, output, tied->number),
                               set_number(keys->schema, tied->to, tied->place),
                               left_out_number(keys->schema, tied->to), tell, &telling, error);
    }
    return ok;
}

bool row_keys_references(struct row_keys *keys, struct error *error)
{
    bool ok = find_ties(keys, error);
    for (size_t i = keys->first; ok && i < keys->first + keys->count; i++)
        ok = tell_ids(keys, &keys->schema->outputs[i], error) &&
             tell_ties(keys, &keys->schema->outputs[i], error);
    return ok;
}
