#include "expect_reference.h"
#include "expect_identity.h"

#include "graduate/buffer.h"

#include <inttypes.h>
#include <string.h>
#include <xxhash.h>

void expect_key_of(const struct buffer *text, uint8_t key[16])
{
    XXH128_canonical_t hash;
    XXH128_canonicalFromHash(&hash, XXH3_128bits(text->data, text->length));
    memcpy(key, hash.digest, 16);
}

void expect_key_of_id(const struct mapping *entity, const uint8_t uuid[16], uint8_t key[16])
{
    struct buffer text;
    buffer_init(&text);
    buffer_printf(&text, "%s has the id ", entity->name);
    buffer_put(&text, uuid, 16);
    expect_key_of(&text, key);
    buffer_release(&text);
}

bool expect_key_of_field(const struct mapping_value *by, const struct item *item, uint8_t key[16])
{
    struct buffer text;
    const char *word;
    size_t length;
    int64_t number;
    bool ok = true;
    buffer_init(&text);
    buffer_printf(&text, "%s has as its %s", by->id_of->name, by->by);
    for (size_t i = 0; i < by->function_count; i++)
        function_call_put(&by->functions[i], &text);
    if (item_text(item, &word, &length)) {
        buffer_puts(&text, " the text ");
        buffer_put(&text, word, length);
    } else if (item->value.value_type == BSON_TYPE_OID) {
        buffer_puts(&text, " the id ");
        buffer_put(&text, item->value.value.v_oid.bytes, 12);
    } else if (item_whole(item, &number)) {
        buffer_printf(&text, " the number %" PRId64, number);
    } else {
        ok = false;
    }
    if (ok)
        expect_key_of(&text, key);
    ok = ok && !text.failed;
    buffer_release(&text);
    return ok;
}

struct resolving {
    const struct project *project;
    const struct mapping_value *value;
    const struct expect_lookup *lookup;
    const char *path;
    struct expect_reference *reference;
    struct error *error;
};

/* Where nobody can be asked every id is one that stays. */
static bool ask(const struct resolving *r, const struct item *item, struct expect_answer *answer)
{
    const struct mapping_value *value = r->value;
    uint8_t key[16];
    *answer = (struct expect_answer){.there = false};
    if (value->by != NULL) {
        if (!expect_key_of_field(value, item, key))
            return item_misfit(item, r->path, "nothing can be looked up by it", r->error);
    } else {
        if (!expect_identity(&r->project->identity, value->id_of->name, value->ids, item,
                             answer->uuid))
            return item_misfit(item, r->path, "it is nobody's id", r->error);
        expect_key_of_id(value->id_of, answer->uuid, key);
    }
    if (r->lookup != NULL)
        return r->lookup->ask(r->lookup->context, value->id_of, key, answer, r->error);
    answer->there = answer->stays = true;
    return true;
}

/* One id. *kept: it is still there. */
static bool judge(const struct resolving *r, const struct item *item,
                  const struct expect_answer *answer, bool *kept)
{
    bool stops = r->value->dangling == DANGLING_UNSAID || r->value->dangling == DANGLING_ERROR;
    *kept = true;
    if (answer->there && (answer->stays || (answer->aside && (stops || r->reference->by_hand))))
        return true;
    switch (r->value->dangling) {
    case DANGLING_UNSAID:
    case DANGLING_ERROR:
        return item_misfit(item, r->path, "it names no record that stays", r->error);
    case DANGLING_REJECT:
        r->reference->rejects = true;
        return item_misfit(item, r->path, "it names no record that stays", r->error);
    case DANGLING_KEEP:
        break;
    case DANGLING_NULL:
    case DANGLING_LEFT_OUT:
        *kept = false;
        r->reference->lost = true;
        break;
    }
    r->reference->dangling++;
    return true;
}

static bool resolve_element(const struct resolving *r, const struct item *id, bson_t *out)
{
    struct expect_answer answer;
    bool kept = false, nothing = item_is_nothing(id), fits = true;
    if (!nothing && (!ask(r, id, &answer) || !judge(r, id, &answer, &kept)))
        return false;
    if (kept)
        fits = bson_append_binary(out, "", 0, BSON_SUBTYPE_UUID, answer.uuid, 16);
    else if (nothing || r->value->dangling == DANGLING_NULL)
        fits = bson_append_null(out, "", 0);
    return fits || error_memory(r->error);
}

/* Of the record, or of a constant of the mapping. */
static bool resolve_all(const struct resolving *r, const struct item *array, bson_t *out)
{
    const cJSON *child;
    bson_iter_t iter;
    bool ok = true;
    cJSON_ArrayForEach(child, array->json)
    {
        struct item id = item_of_json(child);
        ok = ok && resolve_element(r, &id, out);
    }
    if (array->json != NULL)
        return ok;
    ok = item_open(array, &iter, r->error);
    while (ok && item_next(&iter, &ok, r->error)) {
        struct item id = item_of(&iter);
        ok = resolve_element(r, &id, out);
    }
    return ok || error_at(r->error, NULL, NULL, r->path);
}

static uint8_t *copy(struct arena *texts, const void *bytes, size_t length, struct error *error)
{
    uint8_t *made = arena_alloc(texts, length, 1);
    if (made == NULL)
        error_memory(error);
    else
        memcpy(made, bytes, length);
    return made;
}

static bool resolve_array(const struct resolving *r, const struct item *array, struct arena *texts)
{
    bson_t out = BSON_INITIALIZER;
    struct item *item = &r->reference->item;
    bool ok = resolve_all(r, array, &out);
    if (ok) {
        item->value.value_type = BSON_TYPE_ARRAY;
        item->value.value.v_doc.data = copy(texts, bson_get_data(&out), out.len, r->error);
        item->value.value.v_doc.data_len = out.len;
        ok = item->value.value.v_doc.data != NULL;
    }
    bson_destroy(&out);
    return ok;
}

bool expect_resolve(const struct project *project, const struct mapping_value *value,
                    const struct expect_lookup *lookup, const struct item *item, const char *path,
                    struct arena *texts, struct expect_reference *reference, struct error *error)
{
    const struct resolving r = {project, value, lookup, path, reference, error};
    struct expect_answer answer;
    bool kept;
    *reference = (struct expect_reference){.item.value.value_type = BSON_TYPE_NULL,
                                           .by_hand = reference->by_hand};
    if (item->value.value_type == BSON_TYPE_ARRAY)
        return resolve_array(&r, item, texts);
    if (!ask(&r, item, &answer) || !judge(&r, item, &answer, &kept))
        return false;
    if (!kept) {
        reference->gone = value->dangling == DANGLING_LEFT_OUT;
        reference->lost = !reference->gone;
        return true;
    }
    reference->item.value.value_type = BSON_TYPE_BINARY;
    reference->item.value.value.v_binary.subtype = BSON_SUBTYPE_UUID;
    reference->item.value.value.v_binary.data = copy(texts, answer.uuid, 16, error);
    reference->item.value.value.v_binary.data_len = 16;
    return reference->item.value.value.v_binary.data != NULL;
}
