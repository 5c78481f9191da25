/* Values that are made as JSON: objects and arrays of others, and what nobody spoke for. */
#include "condition.h"
#include "document.h"
#include "evaluation.h"
#include "value_walk.h"

#include <string.h>

static bool write_made(const struct origin *origin, struct scope *scope,
                       struct expression *expression, struct json_writer *writer,
                       struct error *error);

/* An identity inside an object is the text of its UUID. */
static bool write_identity(struct expression *member, const struct value *value,
                           struct json_writer *writer, struct error *error)
{
    struct buffer text;
    buffer_init(&text);
    bool ok = encode_field(&member->encoding, value, &text, error) && buffer_ok(&text, error);
    if (ok) {
        const struct value as_text = value_from_text((const char *)text.data + 4, text.length - 4);
        ok = json_write_value(writer, &as_text, error);
    }
    buffer_release(&text);
    return ok;
}

/* Of an array each element is one. */
static bool write_identities(struct expression *member, const struct value *array,
                             struct json_writer *writer, struct error *error)
{
    const char *between = "";
    struct value_walk elements;
    struct value element;
    buffer_putc(writer->out, '[');
    bool ok = value_walk_begin(&elements, array);
    while (ok && value_walk_next(&elements, &element)) {
        buffer_puts(writer->out, between);
        between = ", ";
        if (!(value_is_nothing(&element) ? json_write_value(writer, &element, error)
                                         : write_identity(member, &element, writer, error)))
            return false;
    }
    buffer_putc(writer->out, ']');
    if (ok && value_walk_ended(&elements))
        return true;
    value_damaged(error);
    return error_at(error, NULL, NULL, member->path);
}

/* Its places are those in the source, not in the object. */
static bool write_rest(const struct origin *origin, struct scope *scope, struct expression *member,
                       struct json_writer *writer, struct error *error)
{
    struct json_writer rest = *writer;
    rest.base = member->rest->place;
    rest.depth = 0;
    rest.safe_numbers = writer->safe_numbers || member->encoding.safe_numbers;
    return document_write_rest(scope, member->rest, origin->document, &rest, error);
}

/* What stands before a member, or an element (`name` NULL). */
static bool begin_member(struct json_writer *writer, const char *name, bool *first,
                         struct error *error)
{
    if (name != NULL)
        return json_write_key(writer, first, name, strlen(name), error);
    buffer_puts(writer->out, *first ? "" : ", ");
    *first = false;
    return true;
}

/* An object or array in an object or array. */
static bool write_inner(const struct origin *origin, struct scope *scope, struct expression *member,
                        struct json_writer *writer, struct error *error)
{
    bool outer = writer->safe_numbers;
    writer->safe_numbers = outer || member->encoding.safe_numbers;
    bool ok = write_made(origin, scope, member, writer, error);
    writer->safe_numbers = outer;
    return ok;
}

static bool write_member(const struct origin *origin, struct scope *scope,
                         struct expression *member, const char *name, bool *first,
                         struct json_writer *writer, struct error *error)
{
    struct value value;
    bool holds, made = member->kind == VALUE_OBJECT ||
                       (member->kind == VALUE_ARRAY && member->encoding.id_entity == NULL);
    int slot;
    if (!condition_holds(member->tests, member->test_count, &holds, error))
        return false;
    if (made && holds)
        return begin_member(writer, name, first, error) &&
               write_inner(origin, scope, member, writer, error);
    if (holds && document_has_rest(scope, member->rest))
        return begin_member(writer, name, first, error) &&
               write_rest(origin, scope, member, writer, error);
    document_settle_rest(scope, member, FATE_KEPT_OUT);
    if (!evaluation_value(origin, scope, member, false, &value, &slot, error))
        return false;
    if (value.type == BSON_TYPE_EOD)
        return true; /* an absent field is left out of the object */
    if (!begin_member(writer, name, first, error))
        return false;
    if (member->encoding.id_entity != NULL && !value_is_nothing(&value))
        return value.type == BSON_TYPE_ARRAY ? write_identities(member, &value, writer, error)
                                             : write_identity(member, &value, writer, error);
    const char *base = writer->base;
    size_t begin = writer->begin;
    bool outer = writer->safe_numbers;
    struct mending *mending = &origin->plan->mending;
    int64_t ids = writer->losses->hex_ids;
    bool lost = mending->lost;
    mending->lost = false;
    writer->safe_numbers = outer || member->encoding.safe_numbers;
    if (member->kind == VALUE_FROM) { /* what is said of it is said in the source's words */
        writer->base = member->path;
        writer->begin = writer->depth;
    }
    bool ok = json_write_value(writer, &value, error);
    writer->base = base;
    writer->begin = begin;
    writer->safe_numbers = outer;
    evaluation_note_hex_ids(origin, scope, slot, writer->losses->hex_ids - ids);
    if (mending->lost && slot != NO_SLOT && scope->fates[slot].fate < FATE_LOST)
        scope->fates[slot].fate = FATE_LOST;
    mending->lost = mending->lost || lost;
    return ok;
}

static bool write_made(const struct origin *origin, struct scope *scope,
                       struct expression *expression, struct json_writer *writer,
                       struct error *error)
{
    bool first = true, array = expression->kind == VALUE_ARRAY;
    buffer_putc(writer->out, array ? '[' : '{');
    for (size_t i = 0; i < expression->member_count; i++) {
        json_writer_enter(writer, expression->names[i], array);
        if (!write_member(origin, scope, &expression->members[i],
                          array ? NULL : expression->names[i], &first, writer, error))
            return false;
        writer->depth--;
    }
    buffer_putc(writer->out, array ? ']' : '}');
    return true;
}

bool evaluation_makes_json(const struct scope *scope, const struct expression *expression,
                           bool *makes, struct error *error)
{
    *makes = document_has_rest(scope, expression->rest) ||
             mapping_value_is_json(expression->mapping, &expression->encoding.type);
    return !*makes || condition_holds(expression->tests, expression->test_count, makes, error);
}

bool evaluation_put_json(const struct origin *origin, struct scope *scope,
                         struct expression *expression, struct buffer *out, struct error *error)
{
    const struct rest *rest = expression->rest;
    struct json_writer writer;
    size_t head = out->length;
    buffer_put_be32(out, 0);
    if (expression->encoding.type.base == PG_JSONB)
        buffer_putc(out, 1);
    json_writer_init(&writer, out, &origin->plan->losses,
                     rest != NULL ? rest->place : expression->path,
                     expression->encoding.safe_numbers);
    writer.mending = &origin->plan->mending;
    if (!(rest != NULL ? document_write_rest(scope, rest, origin->document, &writer, error)
                       : write_made(origin, scope, expression, &writer, error)))
        return false;
    buffer_patch_be32(out, head, (uint32_t)(out->length - head - 4));
    return true;
}
