/* What nobody spoke for. The walk over a document (expect_scope.c) noted where each such field
 * stands; a rest is made of those that go to it, and of the objects around them. */
#include "expect_rest.h"
#include "expect_json.h"

#include <stdlib.h>
#include <string.h>

static const char *place_of(const struct mapping_value *value)
{
    return value->from != NULL ? value->from : "";
}

static bool goes_to(const struct making *m, const struct rest_field *field,
                    const struct mapping_value *rest)
{
    return scope_goes_to(m->form->scope, field, place_of(rest), &m->form->rests);
}

bool rest_is_there(const struct making *m, const struct mapping_value *value)
{
    const struct scope *scope = m->form->scope;
    bool found = false;
    for (size_t i = 0; value->kind == VALUE_REST && i < scope->field_count && !found; i++)
        found = goes_to(m, &scope->fields[i], value);
    return found;
}

static void settle(struct rest_field *field, enum fate fate)
{
    field->fate = field->fate < fate ? fate : field->fate;
}

void rest_settle(const struct making *m, const struct mapping_value *value, enum fate fate)
{
    struct scope *scope = m->form->scope;
    for (size_t i = 0; value->kind == VALUE_REST && i < scope->field_count; i++)
        if (goes_to(m, &scope->fields[i], value))
            settle(&scope->fields[i], fate);
    for (size_t i = 0; i < value->member_count; i++)
        rest_settle(m, &value->members[i].value, fate);
}

struct putting {
    const struct making *m;
    const struct mapping_value *rest;
    bool safe;
    size_t next; /* of the scope's fields */
    struct buffer *out;
};

/* The field that comes next, in the order of the document; NULL: all have come. */
static struct rest_field *next_field(struct putting *p)
{
    const struct scope *scope = p->m->form->scope;
    while (p->next < scope->field_count && !goes_to(p->m, &scope->fields[p->next], p->rest))
        p->next++;
    return p->next < scope->field_count ? &scope->fields[p->next] : NULL;
}

static bool lies_in(const char *name, const struct item *item)
{
    const char *begin = (const char *)item->value.value.v_doc.data;
    bool container =
        item->value.value_type == BSON_TYPE_DOCUMENT || item->value.value_type == BSON_TYPE_ARRAY;
    return container && name >= begin && name < begin + item->value.value.v_doc.data_len;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* jsonb would keep the last of two. */
static bool check_names(const struct putting *p, const struct item *document, const char *path)
{
    struct buffer *names = &p->m->form->scope->names;
    const char *last = NULL;
    bson_iter_t iter;
    bool ok = true, twice = false;
    buffer_clear(names);
    if (!item_open(document, &iter, p->m->error))
        return error_at(p->m->error, NULL, NULL, path);
    while (item_next(&iter, &ok, p->m->error)) {
        const char *name = bson_iter_key(&iter);
        buffer_put(names, &name, sizeof name);
    }
    if (!ok || !buffer_ok(names, p->m->error))
        return false;
    size_t count = names->length / sizeof(char *);
    if (count > 1)
        qsort(names->data, count, sizeof(char *), compare_names);
    for (size_t i = 0; i < count && !twice; i++) {
        const char *name;
        memcpy(&name, names->data + i * sizeof name, sizeof name);
        twice = last != NULL && strcmp(last, name) == 0;
        last = name;
    }
    if (!twice)
        return true;
    expect_mends(&p->m->e->mending, MISFIT_KEY_TWICE); /* at this depth it is never mended */
    error_set(p->m->error, ERROR_DATA, "a field stands twice in the document");
    return error_at(p->m->error, NULL, NULL, path);
}

static bool put_field(const struct putting *p, const struct item *field, struct rest_field *noted,
                      const char *path)
{
    struct expect_mending *mending = &p->m->e->mending;
    struct item kept = *field;
    bool lost = mending->lost;
    mending->lost = false;
    mending->ids_gone = 0;
    kept.safe = p->safe;
    kept.mending = mending;
    bool ok = expect_json_put(p->out, &kept, path, p->m->error);
    settle(noted, mending->lost ? FATE_LOST : FATE_REST);
    noted->object_ids = item_object_ids(field) - mending->ids_gone;
    mending->lost = mending->lost || lost;
    return ok;
}

static bool put_container(struct putting *p, const struct item *container, const char *path);

/* What remains of an object; in an array it may be nothing. */
static bool put_document(struct putting *p, const struct item *document, const char *path)
{
    const struct path_counts *counts = &p->m->e->counts;
    struct rest_field *next = next_field(p);
    struct canonical_object object;
    bson_iter_t iter;
    bool ok = true;
    if (!check_names(p, document, path) || !item_open(document, &iter, p->m->error))
        return false;
    canonical_object_begin(&object, p->out);
    while (ok && next != NULL && item_next(&iter, &ok, p->m->error)) {
        const struct item field = item_of(&iter);
        bool itself = next->name == bson_iter_key(&iter);
        if (!itself && !lies_in(next->name, &field))
            continue;
        path = counts->items[next->count].path;
        canonical_object_member(&object);
        ok = expect_json_key(p->out, bson_iter_key(&iter), path, p->m->error) &&
             (itself ? put_field(p, &field, next, path) : put_container(p, &field, path));
        p->next += itself;
        next = next_field(p);
    }
    return expect_json_close(&object, path, p->m->error) && ok;
}

/* Elements keep their places. */
static bool put_container(struct putting *p, const struct item *container, const char *path)
{
    bson_iter_t iter;
    bool ok = true;
    if (container->value.value_type == BSON_TYPE_DOCUMENT)
        return put_document(p, container, path);
    if (container->value.value_type != BSON_TYPE_ARRAY)
        return expect_json_put(p->out, container, path, p->m->error);
    size_t count = 0, start = canonical_array_begin(p->out);
    if (!item_open(container, &iter, p->m->error))
        return false;
    for (; ok && item_next(&iter, &ok, p->m->error); count++) {
        const struct item element = item_of(&iter);
        ok = put_container(p, &element, path);
    }
    canonical_array_end(p->out, start, count);
    return ok;
}

bool rest_put(const struct making *m, const struct mapping_value *value, bool safe,
              struct buffer *out)
{
    const struct scope *scope = m->form->scope;
    struct putting p = {.m = m,
                        .rest = value,
                        .safe = safe || expect_has_function(value, FUNCTION_SAFE_NUMBERS),
                        .out = out};
    const struct item place =
        value->from != NULL ? scope_value(scope, value->from) : scope->document;
    return put_document(&p, &place, place_of(value));
}
