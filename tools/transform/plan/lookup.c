#include "lookup.h"
#include "number.h"

#include "graduate/buffer.h"
#include "graduate/file.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

bool lookups_open(struct lookups *lookups, const struct project *project,
                  const struct mapping *mapping, bool leans, const char *folder,
                  struct error *error)
{
    *lookups = (struct lookups){calloc(project->mapping_count + 1, sizeof *lookups->items), 0};
    bool ok = lookups->items != NULL || error_memory(error);
    for (size_t i = 0; ok && i < project->mapping_count; i++) {
        const struct mapping *to = project->mappings[i];
        char name[NAME_MAX], path[PATH_MAX];
        if (leans ? !mapping_leans_on(mapping, to) : !mapping_looks_up(mapping, to))
            continue;
        snprintf(name, sizeof name, "%s.ids", to->name);
        struct lookup *lookup = &lookups->items[lookups->count];
        lookup->to = to;
        ok = file_join(path, sizeof path, folder, name, error) &&
             id_index_open(&lookup->index, path, error);
        lookups->count += ok;
    }
    return ok;
}

void lookups_close(struct lookups *lookups)
{
    for (size_t i = 0; i < lookups->count; i++)
        id_index_close(&lookups->items[i].index);
    free(lookups->items);
    *lookups = (struct lookups){0};
}

struct lookup *lookups_find(const struct lookups *lookups, const struct mapping *to)
{
    for (size_t i = 0; i < lookups->count; i++)
        if (lookups->items[i].to == to)
            return &lookups->items[i];
    return NULL;
}

const char *lookup_set(struct arena *arena, const struct mapping_value *value)
{
    struct buffer text;
    buffer_init(&text);
    buffer_puts(&text, value->by);
    for (size_t i = 0; i < value->function_count; i++) {
        buffer_putc(&text, '\n');
        function_call_put(&value->functions[i], &text);
    }
    char *set = text.failed ? NULL : arena_text(arena, buffer_text(&text));
    buffer_release(&text);
    return set;
}

static void take_hash(const struct buffer *bytes, uint8_t hash[16])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes->data, bytes->length));
    memcpy(hash, canonical.digest, 16);
}

void lookup_hash_id(const uint8_t uuid[16], uint8_t hash[16])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(uuid, 16));
    memcpy(hash, canonical.digest, 16);
}

/* Whole numbers are the same whatever their type. */
static bool put_number(struct buffer *out, const struct value *value)
{
    char text[BSON_DECIMAL128_STRING];
    int64_t number = value->integer;
    if (value->type == BSON_TYPE_DOUBLE) {
        if (!number_to_int64(value->number, &number))
            return false;
    } else if (value->type == BSON_TYPE_DECIMAL128) {
        bson_decimal128_to_string(&value->decimal, text);
        if (!number_parse_int64(text, &number))
            return false;
    } else if (value->type != BSON_TYPE_INT32 && value->type != BSON_TYPE_INT64) {
        return false;
    }
    buffer_printf(out, "n%" PRId64, number);
    return true;
}

bool lookup_hash_value(const char *set, const struct value *value, uint8_t hash[16])
{
    struct buffer bytes;
    bool ok = true;
    buffer_init(&bytes);
    buffer_put(&bytes, set, strlen(set) + 1);
    if (value_is_text(value)) {
        buffer_putc(&bytes, 't');
        buffer_put(&bytes, value->bytes, value->length);
    } else if (value->type == BSON_TYPE_OID) {
        buffer_putc(&bytes, 'o');
        buffer_put(&bytes, value->oid, 12);
    } else {
        ok = put_number(&bytes, value);
    }
    ok = ok && !bytes.failed;
    if (ok)
        take_hash(&bytes, hash);
    buffer_release(&bytes);
    return ok;
}
