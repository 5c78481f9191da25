#include "fields.h"
#include "graduate/bson_word.h"
#include "graduate/message.h"

#include <bson/bson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FIELDS = 500, LONGEST_PATH = 256 };

struct field {
    char path[LONGEST_PATH];
    uint32_t types, elements; /* bits */
    int64_t records;          /* that have it, and not null */
    int64_t last;             /* the record that met it last, from 1 */
};

struct look {
    struct field *fields;
    size_t count;
    int64_t records;
};

/* One bit for each word. */
static uint32_t bit_of(bson_type_t type)
{
    size_t place = bson_word_place(type);
    return place < BSON_WORD_COUNT ? UINT32_C(1) << place : 0;
}

/* NULL: there are too many, or its path is too long. */
static struct field *field_at(struct look *look, const char *path)
{
    for (size_t i = 0; i < look->count; i++)
        if (strcmp(look->fields[i].path, path) == 0)
            return &look->fields[i];
    if (look->count == MOST_FIELDS)
        return NULL;
    struct field *field = &look->fields[look->count++];
    *field = (struct field){0};
    snprintf(field->path, sizeof field->path, "%s", path);
    return field;
}

static void meet_fields(struct look *look, const bson_iter_t *of, const char *above);

static void meet_array(struct look *look, struct field *field, const bson_iter_t *at)
{
    bson_iter_t element;
    char path[LONGEST_PATH];
    if (!bson_iter_recurse(at, &element))
        return;
    bool fits = strlen(field->path) + 2 < sizeof path;
    snprintf(path, sizeof path, "%.*s[]", LONGEST_PATH - 3, field->path);
    while (bson_iter_next(&element)) {
        field->elements |= bit_of(bson_iter_type(&element));
        if (fits && BSON_ITER_HOLDS_DOCUMENT(&element))
            meet_fields(look, &element, path);
    }
}

static void meet(struct look *look, const bson_iter_t *at, const char *above)
{
    char path[LONGEST_PATH];
    int length = snprintf(path, sizeof path, "%s%s%s", above, above[0] != '\0' ? "." : "",
                          bson_iter_key(at));
    struct field *field =
        length < (int)sizeof path && bson_utf8_validate(path, (size_t)length, false)
            ? field_at(look, path)
            : NULL;
    if (field == NULL)
        return;
    field->types |= bit_of(bson_iter_type(at));
    if (!BSON_ITER_HOLDS_NULL(at) && field->last != look->records) {
        field->last = look->records;
        field->records++;
    }
    if (BSON_ITER_HOLDS_DOCUMENT(at))
        meet_fields(look, at, path);
    else if (BSON_ITER_HOLDS_ARRAY(at))
        meet_array(look, field, at);
}

static void meet_fields(struct look *look, const bson_iter_t *of, const char *above)
{
    bson_iter_t inner;
    if (bson_iter_recurse(of, &inner))
        while (bson_iter_next(&inner))
            meet(look, &inner, above);
}

/* ---- into the catalog -------------------------------------------------------------------------
 */

static void put_words(uint32_t bits, const char *behind, struct buffer *out)
{
    for (size_t i = 0; i < BSON_WORD_COUNT; i++)
        if ((bits & (UINT32_C(1) << i)) != 0)
            buffer_printf(out, "%s%s%s", out->length > 0 ? "|" : "", bson_word(i), behind);
}

static bool add_column(const struct field *field, int64_t records, struct catalog_entity *entity,
                       struct error *error)
{
    const uint32_t null = bit_of(BSON_TYPE_NULL), array = bit_of(BSON_TYPE_ARRAY);
    uint32_t elements = field->elements & ~null;
    struct buffer type;
    if (catalog_column_find(entity, field->path) != NULL)
        return true;
    buffer_init(&type);
    put_words(field->types & ~null & ~(elements != 0 ? array : 0), "", &type);
    put_words(elements, "[]", &type);
    if (type.length == 0)
        buffer_puts(&type, "null");
    struct catalog_column *column =
        type.failed ? NULL : catalog_column_add(entity, field->path, buffer_text(&type));
    buffer_release(&type);
    if (column == NULL)
        return error_memory(error);
    column->not_null = field->records == records && strstr(field->path, "[]") == NULL;
    return true;
}

static bool read_records(struct reader *reader, int64_t first, bool all, struct look *look,
                         int64_t *records, struct error *error)
{
    struct buffer record;
    bool ok = true, more = true;
    buffer_init(&record);
    while (ok && (all || *records < first)) {
        bson_t document;
        bson_iter_t at;
        buffer_clear(&record);
        ok = reader->ops->next(reader, &record, &more, error) && buffer_ok(&record, error);
        if (!ok || !more)
            break;
        if ((*records)++ >= first || !bson_init_static(&document, record.data, record.length) ||
            !bson_iter_init(&at, &document))
            continue;
        look->records++;
        while (bson_iter_next(&at))
            meet(look, &at, "");
    }
    buffer_release(&record);
    return ok;
}

static bool look_at(const struct endpoint_texts *source, int64_t first, struct look *look,
                    struct catalog_entity *entity, struct error *error)
{
    const struct extraction what = {
        .endpoint = &source->endpoint, .from = entity->name, .catalog = entity};
    struct reader reader = {.ops = source->ops};
    bool all = source->ops->export && entity->estimate < 0;
    int64_t records = 0;
    struct error why;
    look->count = 0;
    look->records = 0;
    bool ok = reader.ops->open(&reader, &what, &why);
    if (ok) {
        ok = read_records(&reader, first, all, look, &records, &why);
        reader.ops->close(&reader);
    }
    if (!ok)
        message_warning("%s.%s cannot be looked at: %s", source->endpoint.source->name,
                        entity->name, why.message);
    else if (all)
        entity->estimate = records;
    for (size_t i = 0; i < look->count; i++)
        if (!add_column(&look->fields[i], look->records, entity, error))
            return false;
    return true;
}

bool fields_look(const struct endpoint_texts *source, int64_t first, struct catalog *catalog,
                 struct error *error)
{
    bool documents = source->ops->kind != SOURCE_POSTGRES;
    if (!documents || (source->ops->kind == SOURCE_APPWRITE && !source->ops->export))
        return true;
    struct look look = {.fields = calloc(MOST_FIELDS, sizeof *look.fields)};
    bool ok = look.fields != NULL || error_memory(error);
    for (size_t i = 0; ok && i < catalog->entity_count; i++)
        ok = look_at(source, first, &look, &catalog->entities[i], error);
    free(look.fields);
    return ok;
}
