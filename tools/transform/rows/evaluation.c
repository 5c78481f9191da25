#include "evaluation.h"
#include "document.h"
#include "function.h"

#include <string.h>

bool evaluation_holds(const struct test *tests, size_t count, const struct scope *scope)
{
    for (size_t i = 0; i < count; i++)
        if (value_equals(&scope->slots[tests[i].slot], &tests[i].value) == tests[i].negated)
            return false;
    return true;
}

/* What becomes of the fields that an expression names. */
void evaluation_settle(const struct scope *scope, const struct expression *expression,
                       enum fate fate)
{
    if (expression->slot != NO_SLOT && scope->fates[expression->slot].fate < fate)
        scope->fates[expression->slot].fate = fate;
    for (size_t i = 0; i < expression->member_count; i++)
        evaluation_settle(scope, &expression->members[i], fate);
}

static bool compute(const struct origin *origin, const struct scope *scope,
                    struct expression *expression, bool not_null, struct value *value,
                    enum fate *fate, struct error *error);

/* The first of several that is not nothing. The others are passed over: those behind it, and those
 * that were asked and are nothing; but where all of them are, that is what is written. */
static bool evaluate_first(const struct origin *origin, const struct scope *scope,
                           struct expression *expression, struct value *value, struct error *error)
{
    for (size_t i = 0; i < expression->member_count; i++) {
        struct expression *member = &expression->members[i];
        enum fate fate = FATE_DROPPED;
        if (value_is_nothing(value) && !compute(origin, scope, member, false, value, &fate, error))
            return false;
        evaluation_settle(scope, member,
                          fate == FATE_WRITTEN && value_is_nothing(value) ? FATE_DROPPED : fate);
    }
    for (size_t i = 0; value_is_nothing(value) && i < expression->member_count; i++)
        if (evaluation_holds(expression->members[i].tests, expression->members[i].test_count,
                             scope))
            evaluation_settle(scope, &expression->members[i], FATE_WRITTEN);
    return true;
}

/* The value of an expression that has one by itself: constant, position, field or the first of
 * several, after its conditions, functions and default. */
static bool compute(const struct origin *origin, const struct scope *scope,
                    struct expression *expression, bool not_null, struct value *value,
                    enum fate *fate, struct error *error)
{
    bool lost = false;
    *fate = FATE_DROPPED;
    *value = (struct value){.type = BSON_TYPE_EOD};
    if (evaluation_holds(expression->tests, expression->test_count, scope)) {
        if (expression->kind == VALUE_CONST)
            *value = expression->constant;
        else if (expression->kind == VALUE_POSITION)
            *value = (struct value){.type = BSON_TYPE_INT64, .integer = origin->position};
        else if (expression->kind == VALUE_FROM)
            *value = scope->slots[expression->slot];
        else if (expression->kind == VALUE_FIRST &&
                 !evaluate_first(origin, scope, expression, value, error))
            return false;
        *fate = FATE_WRITTEN;
    }
    const struct function_context context = {
        .record = origin->record->bytes,
        .record_length = origin->record->length,
        .path = expression->path,
        .losses = &origin->plan->losses,
        .scratch = &expression->scratch,
        .lost = &lost,
    };
    for (size_t i = 0; i < expression->mapping->function_count; i++)
        if (!function_apply(expression->mapping->functions[i], &context, value, error))
            return false;
    bool absent = value->type == BSON_TYPE_EOD;
    if (expression->has_fallback && (absent || (not_null && value_is_nothing(value)))) {
        *value = expression->fallback;
        *fate = FATE_DEFAULTED;
    }
    *fate = lost ? FATE_LOST : *fate;
    return true;
}

bool evaluation_value(const struct origin *origin, const struct scope *scope,
                      struct expression *expression, bool not_null, struct value *value,
                      struct error *error)
{
    enum fate fate;
    if (!compute(origin, scope, expression, not_null, value, &fate, error))
        return false;
    if (expression->kind == VALUE_FROM || fate != FATE_WRITTEN) /* members speak for themselves */
        evaluation_settle(scope, expression, fate);
    return true;
}

static bool write_object(const struct origin *origin, const struct scope *scope,
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

static bool write_member(const struct origin *origin, const struct scope *scope,
                         struct expression *member, const char *name, bool *first,
                         struct json_writer *writer, struct error *error)
{
    struct value value;
    if (member->kind == VALUE_OBJECT && evaluation_holds(member->tests, member->test_count, scope))
        return json_write_key(writer, first, name, strlen(name), error) &&
               write_object(origin, scope, member, writer, error);
    if (!evaluation_value(origin, scope, member, false, &value, error))
        return false;
    if (value.type == BSON_TYPE_EOD)
        return true; /* an absent field is left out of the object */
    if (!json_write_key(writer, first, name, strlen(name), error))
        return false;
    if (member->encoding.id_entity != NULL && !value_is_nothing(&value))
        return write_identity(member, &value, writer, error);
    bool outer = writer->safe_numbers;
    writer->safe_numbers = outer || member->encoding.safe_numbers;
    bool ok = json_write_value(writer, &value, error);
    writer->safe_numbers = outer;
    return ok;
}

static bool write_object(const struct origin *origin, const struct scope *scope,
                         struct expression *expression, struct json_writer *writer,
                         struct error *error)
{
    bool first = true;
    buffer_putc(writer->out, '{');
    for (size_t i = 0; i < expression->member_count; i++) {
        writer->path[writer->depth++] = expression->names[i];
        if (!write_member(origin, scope, &expression->members[i], expression->names[i], &first,
                          writer, error))
            return false;
        writer->depth--;
    }
    buffer_putc(writer->out, '}');
    return true;
}

/* Is there a jsonb text to be made here: an object of values, or the rest? */
bool evaluation_makes_json(const struct scope *scope, const struct expression *expression)
{
    bool rest = expression->kind == VALUE_REST && scope->unspoken_count > 0;
    return (rest || expression->kind == VALUE_OBJECT) &&
           evaluation_holds(expression->tests, expression->test_count, scope);
}

bool evaluation_put_json(const struct origin *origin, struct scope *scope,
                         struct expression *expression, struct buffer *out, struct error *error)
{
    bool rest = expression->kind == VALUE_REST;
    struct json_writer writer;
    size_t head = out->length;
    buffer_put_be32(out, 0);
    if (expression->encoding.type.base == PG_JSONB)
        buffer_putc(out, 1);
    json_writer_init(&writer, out, &origin->plan->losses, rest ? scope->path : expression->path,
                     expression->encoding.safe_numbers);
    if (!(rest ? document_write_rest(scope, origin->document, &writer, error)
               : write_object(origin, scope, expression, &writer, error)))
        return false;
    buffer_patch_be32(out, head, (uint32_t)(out->length - head - 4));
    return true;
}
