#include "lookup.h"
#include "number.h"
#include "value_order.h"

#include "graduate/buffer.h"
#include "graduate/file.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static bool open_one(struct lookups *lookups, const struct mapping *to, bool facts,
                     const char *folder, struct error *error)
{
    struct lookup *lookup = &lookups->items[lookups->count];
    char name[NAME_MAX], path[PATH_MAX];
    snprintf(name, sizeof name, "%s.%s", to->name, facts ? "facts" : "ids");
    lookup->to = to;
    lookup->facts = facts;
    bool ok = file_join(path, sizeof path, folder, name, error) &&
              id_index_open(&lookup->index, path, error);
    lookups->count += ok;
    return ok;
}

bool lookups_open(struct lookups *lookups, const struct project *project,
                  const struct mapping *mapping, bool leans, const char *folder,
                  struct error *error)
{
    *lookups =
        (struct lookups){.items = calloc(2 * project->mapping_count + 1, sizeof *lookups->items)};
    bool ok = lookups->items != NULL || error_memory(error);
    for (size_t i = 0; ok && i < project->mapping_count; i++) {
        const struct mapping *to = project->mappings[i];
        bool ids = leans ? mapping_leans_on(mapping, to) : mapping_looks_up(mapping, to);
        ok = (!ids || open_one(lookups, to, false, folder, error)) &&
             (!mapping_asks(mapping, to) || open_one(lookups, to, true, folder, error));
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

static struct lookup *find(const struct lookups *lookups, const struct mapping *to, bool facts)
{
    for (size_t i = 0; i < lookups->count; i++)
        if (lookups->items[i].to == to && lookups->items[i].facts == facts)
            return &lookups->items[i];
    return NULL;
}

struct lookup *lookups_find(const struct lookups *lookups, const struct mapping *to)
{
    return find(lookups, to, false);
}

struct lookup *lookups_find_facts(const struct lookups *lookups, const struct mapping *to)
{
    return find(lookups, to, true);
}

bool lookups_stays(const struct lookups *lookups, enum dangling dangling,
                   const struct id_entry *entry)
{
    bool stops = dangling == DANGLING_UNSAID || dangling == DANGLING_ERROR;
    return (entry->flags & ID_STAYS) != 0 ||
           ((entry->flags & ID_SET_ASIDE) != 0 && (stops || lookups->corrected));
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

/* Without the zeros that say nothing: "-1.50E+2" as "-15e1". */
static bool put_digits(struct buffer *out, const struct value *value)
{
    char text[BSON_DECIMAL128_STRING], digits[BSON_DECIMAL128_STRING];
    size_t count = 0;
    long power = 0;
    bool point = false;
    value_brief(value, text, sizeof text);
    const char *at = text + (text[0] == '-');
    if (strcmp(at, "NaN") == 0)
        return false;
    for (; (*at >= '0' && *at <= '9') || *at == '.'; at++) {
        point = point || *at == '.';
        if (*at == '.')
            continue;
        power -= point;
        if (count > 0 || *at != '0')
            digits[count++] = *at;
    }
    if (*at == 'e' || *at == 'E')
        power += strtol(at + 1, NULL, 10);
    else if (*at != '\0') /* an infinity */
        buffer_puts(out, text);
    for (; count > 0 && digits[count - 1] == '0'; count--)
        power++;
    if (count > 0) /* else it is 0, whatever its sign */
        buffer_printf(out, "%s%.*se%ld", text[0] == '-' ? "-" : "", (int)count, digits, power);
    return true;
}

/* What of a value makes it the same as another of its kind. */
/* Milliseconds, and what is finer behind them. */
static void put_date(struct buffer *out, const struct value *value, enum fact_kind *kind)
{
    const int64_t days = 10957; /* from 1970 to 2000 */
    struct moment moment;
    *kind = FACT_DATE;
    if (!value_moment(value, &moment)) {
        buffer_printf(out, "%" PRId64, value->integer);
        return;
    }
    if (moment.timed && !moment.zoned && !datetime_is_endless(&moment))
        *kind = FACT_CLOCK;
    if (datetime_is_endless(&moment))
        buffer_puts(out, moment.day < 0 ? "-infinity" : "infinity");
    else
        buffer_printf(out, "%" PRId64,
                      (moment.day + days) * INT64_C(86400000) + moment.clock / 1000);
    if (moment.clock % 1000 != 0)
        buffer_printf(out, ".%03d", (int)(moment.clock % 1000));
}

static bool put_fact(struct buffer *out, const struct value *value, enum fact_kind *kind)
{
    enum field_kind field;
    char text[37];
    *kind = FACT_OTHER;
    if (!value_field_kind(value, &field))
        return false;
    switch ((int)field) {
    case FIELD_TEXT:
        *kind = FACT_TEXT;
        buffer_put(out, value->bytes, value->length);
        return true;
    case FIELD_OBJECTID:
        *kind = FACT_TEXT;
        value_brief(value, text, sizeof text);
        buffer_puts(out, text);
        return true;
    case FIELD_UUID:
        *kind = FACT_TEXT;
        uuid_format(value->bytes, text);
        buffer_puts(out, text);
        return true;
    case FIELD_NUMBER:
        *kind = FACT_NUMBER;
        return put_digits(out, value);
    case FIELD_BOOLEAN:
        *kind = FACT_BOOLEAN;
        buffer_printf(out, "%" PRId64, value->integer);
        return true;
    case FIELD_DATE:
        put_date(out, value, kind);
        return true;
    default:
        return false;
    }
}

bool lookup_hash_fact(const struct mapping_fact *fact, const struct value *value,
                      enum fact_kind *kind, uint8_t hash[16])
{
    struct buffer bytes, same;
    buffer_init(&bytes);
    buffer_init(&same);
    bool ok = put_fact(&same, value, kind);
    buffer_put(&bytes, fact->name, strlen(fact->name) + 1);
    buffer_puts(&bytes, "is ");
    buffer_putc(&bytes, (char)('0' + *kind));
    buffer_put(&bytes, same.data, same.length);
    ok = ok && !bytes.failed && !same.failed;
    if (ok)
        take_hash(&bytes, hash);
    buffer_release(&same);
    buffer_release(&bytes);
    return ok;
}

void lookup_hash_kind(const struct mapping_fact *fact, enum fact_kind kind, uint8_t hash[16])
{
    struct buffer bytes;
    buffer_init(&bytes);
    buffer_put(&bytes, fact->name, strlen(fact->name) + 1);
    buffer_puts(&bytes, "kind ");
    buffer_putc(&bytes, (char)('0' + kind));
    take_hash(&bytes, hash);
    buffer_release(&bytes);
}

/* ---- keys of objects ------------------------------------------------------------------------- */

static bool ask_key(void *context, const char *text, size_t length, const uint8_t uuid[16],
                    struct error *error)
{
    const struct key_lookup *keys = context;
    struct lookup *lookup = *keys->lookups != NULL ? lookups_find(*keys->lookups, keys->to) : NULL;
    struct id_entry entry;
    uint8_t hash[16];
    bool there;
    lookup_hash_id(uuid, hash);
    if (lookup == NULL)
        return true;
    if (!id_index_find(&lookup->index, hash, &entry, &there, error))
        return false;
    if (there && lookups_stays(*keys->lookups, DANGLING_UNSAID, &entry))
        return true;
    int size = (int)(length < 80 ? length : 80);
    if (there)
        error_set(error, ERROR_DATA,
                  "the record of %s that the key \"%.*s\" names is left out by a rule",
                  keys->to->name, size, text);
    else
        error_set(error, ERROR_DATA, "no record of %s has the key \"%.*s\" of the object",
                  keys->to->name, size, text);
    return error_hint(error, "correct the record in the source, map what it refers to, or say that "
                             "such ids need not exist: \"foreign_key\": false; then run again");
}

bool lookup_asking(struct arena *arena, const struct lookups *const *lookups,
                   const struct mapping_value *value, const struct json_keys_asking **asking,
                   struct error *error)
{
    if (value->keys_id_of == NULL || !value->must_exist)
        return true;
    struct key_lookup *keys = arena_alloc(arena, 1, sizeof *keys);
    if (keys == NULL)
        return error_memory(error);
    *keys = (struct key_lookup){lookups, value->keys_id_of, {ask_key, keys}};
    *asking = &keys->asking;
    return true;
}
