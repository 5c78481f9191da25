#include "expect_json.h"
#include "calendar.h"
#include "canonical_decimal.h"
#include "expect_identity.h"
#include "expect_mending.h"
#include "expect_reference.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DEEPEST = 1000 }; /* no document of MongoDB's is deeper than 100 */

/* What is being written, on the way down. */
struct writing {
    struct buffer *out;
    const char *path; /* of the whole value, for messages */
    bool safe;
    struct expect_mending *mending;
    int depth;
    struct error *error;
};

bool expect_text_valid(const char *text, size_t length)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + length;
    while (at < end) {
        uint32_t code = *at++;
        if (code == 0)
            return false;
        if (code < 0x80)
            continue;
        int more = code >= 0xF0 ? 3 : code >= 0xE0 ? 2 : 1;
        uint32_t least = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80;
        if (code < 0xC0 || code > 0xF7 || end - at < more)
            return false;
        code &= 0x3FU >> more;
        for (; more > 0; more--, at++) {
            if ((*at & 0xC0) != 0x80)
                return false;
            code = code << 6 | (*at & 0x3F);
        }
        if (code < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
            return false;
    }
    return true;
}

static bool fail(const struct writing *w, const char *what)
{
    error_set(w->error, ERROR_DATA, "jsonb cannot hold %s", what);
    error_hint(w->error, "the run should have stopped at this record");
    return error_at(w->error, NULL, NULL, w->path);
}

static bool put_text(const struct writing *w, const char *text, size_t length)
{
    if (expect_text_valid(text, length)) {
        canonical_put_json_string(w->out, text, length);
        return true;
    }
    struct buffer kept;
    buffer_init(&kept);
    bool ok = expect_text_kept(w->mending, text, length, 0, &kept);
    if (ok)
        canonical_put_json_string(w->out, buffer_text(&kept), kept.length);
    w->out->failed = w->out->failed || kept.failed;
    buffer_release(&kept);
    return ok || fail(w, "a text with NUL or invalid UTF-8");
}

static bool put_words(const struct writing *w, const char *text)
{
    return put_text(w, text, strlen(text));
}

/* Is it a whole number beyond 2^53, which JavaScript would round? */
static bool is_unsafe(const char *text)
{
    static const char most[] = "9007199254740992";
    struct canonical_decimal decimal;
    struct buffer form;
    buffer_init(&form);
    bool whole = canonical_put_digits(&form, text, strlen(text)) && !form.failed &&
                 canonical_decimal_read(form.data, form.length, &decimal) && decimal.power >= 0;
    int64_t digits = whole ? (int64_t)decimal.count + decimal.power : 0;
    bool beyond = digits > 16;
    if (digits == 16) {
        int order = memcmp(decimal.digits, most, decimal.count);
        beyond = order > 0; /* equal so far: what follows are zeros, so it is not larger */
    }
    buffer_release(&form);
    return beyond;
}

/* Does a whole number beyond 2^53 fit as it is? */
static bool takes_unsafe(const struct writing *w)
{
    const struct remedies *remedies = w->mending != NULL ? w->mending->remedies : NULL;
    return !w->safe && mapping_remedy(remedies, MISFIT_BEYOND_DOUBLE) == REMEDY_UNSAID;
}

static bool put_number(const struct writing *w, const struct item *item)
{
    char text[ITEM_NUMBER], digits[64];
    item_number(item, text);
    if (strpbrk(text, "Nn") != NULL) {
        if (!expect_mends(w->mending, MISFIT_NOT_FINITE))
            return fail(w, text);
        buffer_putc(w->out, 'n');
        return true;
    }
    if (text[0] == '-' && item_same_number(text, "0") &&
        !expect_mends(w->mending, MISFIT_NEGATIVE_ZERO))
        return fail(w, text);
    /* A double was rounded where it was made. */
    if (item->value.value_type != BSON_TYPE_DOUBLE && !takes_unsafe(w) && is_unsafe(text)) {
        if (!w->safe && !expect_mends(w->mending, MISFIT_BEYOND_DOUBLE))
            return fail(w, text);
        item_written_out(text, digits);
        return put_words(w, digits);
    }
    return canonical_put_json_number(w->out, text, strlen(text)) || fail(w, text);
}

bool expect_json_key(struct buffer *out, const char *key, const char *path, struct error *error)
{
    const struct writing w = {.out = out, .path = path, .error = error};
    size_t length = strlen(key);
    if (!expect_text_valid(key, length))
        return fail(&w, "a key of invalid UTF-8");
    canonical_put_counted(out, key, length);
    return true;
}

bool expect_json_close(struct canonical_object *object, const char *path, struct error *error)
{
    if (canonical_object_end(object) == 0)
        return true;
    error_set(error, ERROR_DATA, "a field stands twice in its document");
    return error_at(error, NULL, NULL, path);
}

/* ---- wrappers of Extended JSON: objects of few members --------------------------------------- */

static void key(const struct writing *w, struct canonical_object *object, const char *name)
{
    canonical_object_member(object);
    canonical_put_counted(w->out, name, strlen(name));
}

/* {"name": and one value follows; then close. */
static void open_one(const struct writing *w, struct canonical_object *object, const char *name)
{
    canonical_object_begin(object, w->out);
    key(w, object, name);
}

static void put_unsigned(const struct writing *w, uint32_t number)
{
    char text[16];
    int length = snprintf(text, sizeof text, "%" PRIu32, number);
    canonical_put_json_number(w->out, text, (size_t)length);
}

/* RFC 4648: six bits a character, padded to fours. */
static void put_base64(const struct writing *w, const uint8_t *bytes, size_t length)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t count = (length + 2) / 3 * 4;
    buffer_putc(w->out, 's');
    buffer_put_be32(w->out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        size_t bit = 6 * i, byte = bit / 8;
        if (byte >= length) {
            buffer_putc(w->out, '=');
            continue;
        }
        unsigned pair = (unsigned)bytes[byte] << 8 | (byte + 1 < length ? bytes[byte + 1] : 0U);
        buffer_putc(w->out, alphabet[pair >> (10 - bit % 8) & 63]);
    }
}

static bool put_binary(const struct writing *w, const struct item *item)
{
    const uint8_t *bytes = item->value.value.v_binary.data;
    size_t length = item->value.value.v_binary.data_len;
    unsigned subtype = (unsigned)item->value.value.v_binary.subtype & 0xFF;
    char text[37];
    if (subtype == BSON_SUBTYPE_UUID && length == 16) {
        expect_uuid_write(bytes, text);
        return put_words(w, text);
    }
    struct canonical_object outer, inner;
    open_one(w, &outer, "$binary");
    open_one(w, &inner, "base64");
    put_base64(w, bytes, length);
    key(w, &inner, "subType");
    snprintf(text, sizeof text, "%02x", subtype);
    bool ok = put_words(w, text);
    canonical_object_end(&inner);
    canonical_object_end(&outer);
    return ok;
}

static bool put_oid(const struct writing *w, const bson_oid_t *oid)
{
    char text[25];
    bson_oid_to_string(oid, text);
    return put_words(w, text);
}

static bool put_date(const struct writing *w, int64_t milliseconds)
{
    char text[32];
    if (calendar_iso(milliseconds, text))
        return put_words(w, text);
    struct canonical_object outer, inner;
    open_one(w, &outer, "$date");
    open_one(w, &inner, "$numberLong");
    snprintf(text, sizeof text, "%" PRId64, milliseconds);
    bool ok = put_words(w, text);
    canonical_object_end(&inner);
    canonical_object_end(&outer);
    return ok;
}

static bool put_timestamp(const struct writing *w, const struct item *item)
{
    struct canonical_object outer, inner;
    open_one(w, &outer, "$timestamp");
    open_one(w, &inner, "t");
    put_unsigned(w, item->value.value.v_timestamp.timestamp);
    key(w, &inner, "i");
    put_unsigned(w, item->value.value.v_timestamp.increment);
    canonical_object_end(&inner);
    canonical_object_end(&outer);
    return true;
}

static bool put_regex(const struct writing *w, const struct item *item)
{
    struct canonical_object outer, inner;
    open_one(w, &outer, "$regularExpression");
    open_one(w, &inner, "pattern");
    bool ok = put_words(w, item->value.value.v_regex.regex);
    key(w, &inner, "options");
    ok = ok && put_words(w, item->value.value.v_regex.options);
    canonical_object_end(&inner);
    canonical_object_end(&outer);
    return ok;
}

static bool put_dbpointer(const struct writing *w, const struct item *item)
{
    struct canonical_object outer, inner, id;
    open_one(w, &outer, "$dbPointer");
    open_one(w, &inner, "$ref");
    bool ok = put_text(w, item->value.value.v_dbpointer.collection,
                       item->value.value.v_dbpointer.collection_len);
    key(w, &inner, "$id");
    open_one(w, &id, "$oid");
    ok = ok && put_oid(w, &item->value.value.v_dbpointer.oid);
    canonical_object_end(&id);
    canonical_object_end(&inner);
    canonical_object_end(&outer);
    return ok;
}

static bool put_item(const struct writing *w, const struct item *item);

static bool put_code(const struct writing *w, const struct item *item)
{
    struct canonical_object outer;
    bool scoped = item->value.value_type == BSON_TYPE_CODEWSCOPE, ok;
    open_one(w, &outer, "$code");
    if (scoped) {
        struct item scope = {.value = {.value_type = BSON_TYPE_DOCUMENT}};
        scope.value.value.v_doc.data = item->value.value.v_codewscope.scope_data;
        scope.value.value.v_doc.data_len = item->value.value.v_codewscope.scope_len;
        ok = put_text(w, item->value.value.v_codewscope.code,
                      item->value.value.v_codewscope.code_len);
        key(w, &outer, "$scope");
        ok = ok && put_item(w, &scope);
    } else {
        ok = put_text(w, item->value.value.v_code.code, item->value.value.v_code.code_len);
    }
    canonical_object_end(&outer);
    return ok;
}

static bool put_marker(const struct writing *w, const char *name, bool boolean)
{
    struct canonical_object outer;
    open_one(w, &outer, name);
    if (boolean)
        buffer_putc(w->out, 't');
    else
        put_unsigned(w, 1);
    canonical_object_end(&outer);
    return true;
}

/* ---- documents, arrays, constants ------------------------------------------------------------ */

static bool put_array(const struct writing *w, const struct item *item)
{
    bson_iter_t iter;
    bool ok = true;
    size_t count = 0, start = canonical_array_begin(w->out);
    if (!item_open(item, &iter, w->error))
        return false;
    while (ok && item_next(&iter, &ok, w->error)) {
        struct item element = item_of(&iter);
        ok = put_item(w, &element);
        count++;
    }
    canonical_array_end(w->out, start, count);
    return ok;
}

/* Does another of its name stand behind it, and stay? */
static bool gives_way(const struct writing *w, const bson_iter_t *member)
{
    const char *name = bson_iter_key(member);
    bson_iter_t later = *member;
    while (bson_iter_next(&later))
        if (strcmp(bson_iter_key(&later), name) == 0)
            return expect_mends(w->mending, MISFIT_KEY_TWICE);
    return false;
}

static bool put_document(const struct writing *w, const struct item *item)
{
    bson_iter_t iter;
    struct canonical_object object;
    if (!item_open(item, &iter, w->error))
        return false;
    canonical_object_begin(&object, w->out);
    bool ok = true;
    while (ok && item_next(&iter, &ok, w->error)) {
        struct item member = item_of(&iter);
        if (gives_way(w, &iter)) {
            w->mending->ids_gone += item_object_ids(&member);
            continue;
        }
        canonical_object_member(&object);
        ok = expect_json_key(w->out, bson_iter_key(&iter), w->path, w->error) &&
             put_item(w, &member);
    }
    size_t twice = canonical_object_end(&object);
    return ok && (twice == 0 || fail(w, "a document in which a field stands twice"));
}

static bool put_constant(const struct writing *w, const cJSON *json)
{
    const cJSON *child;
    if (cJSON_IsArray(json)) {
        size_t count = 0, start = canonical_array_begin(w->out);
        bool ok = true;
        cJSON_ArrayForEach(child, json)
        {
            const struct item item = item_of_json(child);
            ok = ok && put_item(w, &item);
            count++;
        }
        canonical_array_end(w->out, start, count);
        return ok;
    }
    struct canonical_object object;
    canonical_object_begin(&object, w->out);
    bool ok = true;
    cJSON_ArrayForEach(child, json)
    {
        const struct item item = item_of_json(child);
        canonical_object_member(&object);
        ok = ok && expect_json_key(w->out, child->string, w->path, w->error) && put_item(w, &item);
    }
    canonical_object_end(&object);
    return ok;
}

static bool put_item(const struct writing *w, const struct item *item)
{
    const bson_value_t *value = &item->value;
    const char *text;
    size_t length;
    if (w->depth == DEEPEST)
        return fail(w, "a document as deep as this");
    struct writing inside = *w;
    inside.depth++;
    switch (value->value_type) {
    case BSON_TYPE_EOD:
    case BSON_TYPE_NULL:
        buffer_putc(w->out, 'n');
        return true;
    case BSON_TYPE_BOOL:
        buffer_putc(w->out, value->value.v_bool ? 't' : 'f');
        return true;
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DOUBLE:
    case BSON_TYPE_DECIMAL128:
        return put_number(w, item);
    case BSON_TYPE_UTF8:
    case BSON_TYPE_SYMBOL:
        item_text(item, &text, &length);
        return put_text(w, text, length);
    case BSON_TYPE_OID:
        return put_oid(w, &value->value.v_oid);
    case BSON_TYPE_DATE_TIME:
        return put_date(w, value->value.v_datetime);
    case BSON_TYPE_BINARY:
        return put_binary(w, item);
    case BSON_TYPE_TIMESTAMP:
        return put_timestamp(w, item);
    case BSON_TYPE_REGEX:
        return put_regex(w, item);
    case BSON_TYPE_DBPOINTER:
        return put_dbpointer(w, item);
    case BSON_TYPE_CODE:
    case BSON_TYPE_CODEWSCOPE:
        return put_code(&inside, item);
    case BSON_TYPE_UNDEFINED:
        return put_marker(w, "$undefined", true);
    case BSON_TYPE_MINKEY:
        return put_marker(w, "$minKey", false);
    case BSON_TYPE_MAXKEY:
        return put_marker(w, "$maxKey", false);
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY:
        if (item->json != NULL)
            return put_constant(&inside, item->json);
        return value->value_type == BSON_TYPE_ARRAY ? put_array(&inside, item)
                                                    : put_document(&inside, item);
    }
    return fail(w, "a value of an unknown type");
}

bool expect_json_put(struct buffer *out, const struct item *item, const char *path,
                     struct error *error)
{
    const struct writing w = {.out = out, .path = path, .safe = item->safe, .mending = item->mending, .error = error};
    return put_item(&w, item);
}

/* ---- keys that are ids ----------------------------------------------------------------------- */

/* Does the record stay that the key is the id of? */
static bool ask_key(const struct mapping_value *value, const struct expect_lookup *lookup,
                    const uint8_t uuid[16], bool *stays, struct error *error)
{
    struct expect_answer answer = {.there = false};
    uint8_t key[16];
    *stays = true;
    if (!value->must_exist || lookup == NULL)
        return true;
    expect_key_of_id(value->keys_id_of, uuid, key);
    if (!lookup->ask(lookup->context, value->keys_id_of, key, &answer, error))
        return false;
    *stays = answer.there && (answer.stays || answer.aside);
    return true;
}

static bool replace_keys(struct buffer *out, struct canonical_object *object, const uint8_t *at,
                         uint32_t count, const struct identity *rule,
                         const struct mapping_value *value, const struct expect_lookup *lookup,
                         struct error *error)
{
    const char *entity = value->keys_id_of->name;
    uint8_t uuid[16];
    char name[37];
    bool stays;
    for (; count > 0; count--) {
        uint32_t length = get_be32(at);
        const char *text = (const char *)at + 4;
        if (!expect_identity_text(rule, entity, value->ids, text, length, uuid))
            return error_set(error, ERROR_DATA, "the key \"%.*s\" is nobody's id",
                             (int)(length < 80 ? length : 80), text);
        if (!ask_key(value, lookup, uuid, &stays, error))
            return false;
        if (!stays)
            return error_set(error, ERROR_DATA, "the key \"%.*s\" names no record that stays",
                             (int)(length < 80 ? length : 80), text);
        expect_uuid_write(uuid, name);
        canonical_object_member(object);
        canonical_put_counted(out, name, 36);
        at += 4 + (size_t)length;
        size_t size = canonical_json_length(at);
        buffer_put(out, at, size);
        at += size;
    }
    return true;
}

bool expect_json_identify(struct buffer *out, size_t start, const struct identity *rule,
                          const struct mapping_value *value, const struct expect_lookup *lookup,
                          const char *path, struct error *error)
{
    struct buffer before;
    struct canonical_object object;
    if (out->failed || out->data[start] == 'n')
        return true; /* JSON's null has no keys */
    if (out->data[start] != '{') {
        error_set(error, ERROR_DATA, "the value is no object whose keys could be ids of %s",
                  value->keys_id_of->name);
        return error_at(error, NULL, NULL, path);
    }
    buffer_init(&before);
    buffer_put(&before, out->data + start, out->length - start);
    if (!buffer_ok(&before, error))
        return false;
    out->length = start;
    canonical_object_begin(&object, out);
    bool ok = replace_keys(out, &object, before.data + 5, get_be32(before.data + 1), rule, value,
                           lookup, error);
    if (canonical_object_end(&object) > 0)
        ok = ok && error_set(error, ERROR_DATA, "two keys of the object are one id");
    buffer_release(&before);
    return ok || error_at(error, NULL, NULL, path);
}
