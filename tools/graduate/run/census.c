#include "census.h"

#include "graduate/bson_word.h"
#include "graduate/buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Beyond these a name is data. */
enum { MOST_NAMES = 256, MOST_FIELDS = 8192, DEEPEST = 48 };

struct census_field {
    const char *name;
    struct census_field *first, *last,
        *next;                   /* its own fields, in the order of their first sight */
    struct census_field *recent; /* the one of them that was found last: records are alike */
    size_t names;
    bool any; /* its only name is "*" */
    int64_t counts[BSON_WORD_COUNT];
};

static struct census_field *make(struct census *census, const char *name)
{
    struct census_field *field = arena_alloc(&census->memory, 1, sizeof *field);
    if (field != NULL)
        field->name = arena_text(&census->memory, name);
    if (field == NULL || field->name == NULL) {
        census->failed = true;
        return NULL;
    }
    census->fields++;
    return field;
}

void census_init(struct census *census)
{
    *census = (struct census){0};
    arena_init(&census->memory);
    census->top = make(census, "");
}

void census_release(struct census *census)
{
    arena_release(&census->memory);
}

static void append(struct census_field *parent, struct census_field *field)
{
    field->next = NULL;
    if (parent->last != NULL)
        parent->last->next = field;
    else
        parent->first = field;
    parent->last = field;
    parent->names++;
}

static struct census_field *look(struct census_field *parent, const char *name)
{
    struct census_field *likely = parent->recent != NULL ? parent->recent->next : parent->first;
    if (likely != NULL && strcmp(likely->name, name) == 0)
        return likely;
    for (struct census_field *field = parent->first; field != NULL; field = field->next)
        if (strcmp(field->name, name) == 0)
            return field;
    return NULL;
}

/* Add all that `from` counted to `into`, and take its fields over. */
static void merge(struct census_field *into, struct census_field *from)
{
    for (size_t t = 0; t < BSON_WORD_COUNT; t++)
        into->counts[t] += from->counts[t];
    for (struct census_field *field = from->first, *next; field != NULL; field = next) {
        next = field->next;
        struct census_field *same = look(into, field->name);
        if (same != NULL)
            merge(same, field);
        else
            append(into, field);
    }
}

/* All names that the object has had become the one name "*". */
static void fold(struct census *census, struct census_field *parent)
{
    struct census_field *all = make(census, "*"), *field = parent->first, *next;
    parent->first = parent->last = parent->recent = NULL;
    parent->names = 0;
    parent->any = true;
    if (all == NULL)
        return;
    for (; field != NULL; field = next) {
        next = field->next;
        merge(all, field);
    }
    append(parent, all);
}

/* 24 hex digits, a UUID, a number, a date: digits, hex letters and what stands between them. */
static bool is_data(const char *name)
{
    size_t length = strlen(name), digits = strspn(name, "0123456789-.:/ ");
    if (length == digits)
        return true;
    return (length == 24 || length == 32 || length == 36) &&
           strspn(name, "0123456789abcdefABCDEF-") == length;
}

static struct census_field *find(struct census *census, struct census_field *parent,
                                 const char *name)
{
    if (parent->any)
        return parent->first;
    if (is_data(name))
        name = "*";
    struct census_field *field = look(parent, name);
    if (field == NULL && (parent->names >= MOST_NAMES || census->fields >= MOST_FIELDS)) {
        fold(census, parent);
        return parent->first;
    }
    if (field == NULL && (field = make(census, name)) != NULL)
        append(parent, field);
    parent->recent = field;
    return field;
}

static void count(struct census_field *field, bson_type_t type)
{
    size_t place = bson_word_place(type);
    if (place < BSON_WORD_COUNT)
        field->counts[place]++;
}

static void walk(struct census *census, struct census_field *parent, bson_iter_t *iter, bool array,
                 int depth)
{
    while (bson_iter_next(iter)) {
        struct census_field *field = find(census, parent, array ? "[]" : bson_iter_key(iter));
        bson_type_t type = bson_iter_type(iter);
        bson_iter_t inner;
        if (field == NULL)
            return;
        count(field, type);
        if ((type == BSON_TYPE_DOCUMENT || type == BSON_TYPE_ARRAY) && depth < DEEPEST &&
            bson_iter_recurse(iter, &inner))
            walk(census, field, &inner, type == BSON_TYPE_ARRAY, depth + 1);
    }
}

void census_take(struct census *census, const bson_t *record)
{
    bson_iter_t iter;
    if (census->top != NULL && bson_iter_init(&iter, record))
        walk(census, census->top, &iter, false, 0);
}

/* Names are bytes of the source: a dot in one is no dot of the path, and JSON has only UTF-8. */
static void put_name(struct buffer *path, const char *name)
{
    bool valid = bson_utf8_validate(name, strlen(name), false);
    for (; *name != '\0'; name++) {
        if (!valid && (unsigned char)*name >= 0x80)
            buffer_printf(path, "\\x%02x", (unsigned char)*name);
        else if (*name == '.' || *name == '\\')
            buffer_printf(path, "\\%c", *name);
        else
            buffer_putc(path, *name);
    }
}

static bool put(const struct census_field *field, const char *path, cJSON *json)
{
    cJSON *counts = cJSON_CreateObject();
    bool ok = cJSON_AddItemToObject(json, path, counts);
    for (size_t t = 0; ok && t < BSON_WORD_COUNT; t++)
        if (field->counts[t] > 0)
            ok = cJSON_AddNumberToObject(counts, bson_word(t), (double)field->counts[t]) != NULL;
    return ok;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const struct census_field *const *)a)->name,
                  (*(const struct census_field *const *)b)->name);
}

static bool put_fields(const struct census_field *parent, struct buffer *path, cJSON *json)
{
    const struct census_field **sorted = calloc(parent->names + 1, sizeof *sorted);
    size_t used = path->length, n = 0;
    bool ok = sorted != NULL;
    for (const struct census_field *field = parent->first; ok && field != NULL; field = field->next)
        sorted[n++] = field;
    if (ok)
        qsort(sorted, n, sizeof *sorted, by_name);
    for (size_t i = 0; ok && i < n; i++) {
        bool element = strcmp(sorted[i]->name, "[]") == 0;
        buffer_puts(path, used > 0 && !element ? "." : "");
        put_name(path, sorted[i]->name);
        ok = !path->failed && put(sorted[i], buffer_text(path), json) &&
             put_fields(sorted[i], path, json);
        path->length = used;
    }
    free(sorted);
    return ok;
}

cJSON *census_to_json(const struct census *census)
{
    struct buffer path;
    cJSON *json = cJSON_CreateObject();
    buffer_init(&path);
    bool ok = json != NULL && !census->failed && put_fields(census->top, &path, json);
    buffer_release(&path);
    if (ok)
        return json;
    cJSON_Delete(json);
    return NULL;
}
