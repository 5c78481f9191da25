#include "identities.h"
#include "condition.h"
#include "document.h"
#include "evaluation.h"
#include "function.h"
#include "graduate/path.h"
#include "lookup.h"
#include "misfit.h"
#include "rows.h"
#include "tuple.h"

#include <stdio.h>
#include <string.h>

/* ---- before the first record ------------------------------------------------------------------
 */

static bool add_set(struct identities *i, const struct mapping *user,
                    const struct mapping_value *value, struct error *error)
{
    if (value->by != NULL && value->id_of == i->entity) {
        const char *set = lookup_set(&i->arena, value);
        size_t at = 0;
        if (set == NULL)
            return error_memory(error);
        while (at < i->set_count && strcmp(i->sets[at].set, set) != 0)
            at++;
        if (at == ID_INDEX_SETS)
            return error_set(error, ERROR_USAGE, "%s is looked up by more than %d fields",
                             i->entity->name, ID_INDEX_SETS);
        if (at == i->set_count)
            i->sets[i->set_count++] = (struct identity_set){set, value, user, 0};
    }
    for (size_t m = 0; m < value->member_count; m++)
        if (!add_set(i, user, &value->members[m].value, error))
            return false;
    return true;
}

static bool find_sets(struct identities *i, const struct project *project, struct error *error)
{
    for (size_t m = 0; m < project->mapping_count; m++) {
        const struct mapping *user = project->mappings[m];
        for (size_t t = 0; t < user->table_count; t++)
            for (size_t c = 0; c < user->tables[t].column_count; c++)
                if (!add_set(i, user, &user->tables[t].columns[c].value, error))
                    return false;
    }
    return true;
}

/* The key of one of its tables; its records may be those of another entity instead. */
static bool find_home(struct identities *i, struct error *error)
{
    const struct plan *plan = i->plan;
    for (i->home = 0; i->home < plan->output_count; i->home++) {
        const struct schema_output *output = plan->outputs[i->home].output;
        if (output->table->each != NULL || output->key_count != 1)
            continue;
        i->home_column = output->key[0];
        const struct schema_column *key = &output->columns[i->home_column];
        if (key->mapping != NULL && key->mapping->value.id_of == i->entity &&
            key->mapping->value.by == NULL && !key->type.array)
            return true;
    }
    i->home = SIZE_MAX;
    return i->entity->identity != NULL ||
           error_set(error, ERROR_USAGE, "%s: no table has the identity of %s alone as its key",
                     i->entity->file, i->entity->name);
}

/* Of rows: the values of the columns by which they are looked up are asked for. */
static bool look_into_rows(const struct identities *i, struct error *error)
{
    struct tuple_reading *tuples = &i->plan->tuples;
    for (size_t s = 0; tuples->catalog != NULL && s < i->set_count; s++) {
        const struct mapping_value *value = i->sets[s].value;
        const char *path = value->by;
        struct path_step step;
        bool found = false;
        path_next(&path, &step);
        for (size_t c = 0; c < tuples->catalog->column_count; c++)
            if (path_step_is(&step, tuples->catalog->columns[c].name))
                found = tuples->valued[c] = tuples->any_valued = true;
        if (found)
            continue;
        error_set(error, ERROR_USAGE, "%s: \"by\": \"%s\" is no column of the rows of %s",
                  i->sets[s].user->file, value->by, i->entity->name);
        return error_hint(error, "correct \"by\" in the mapping");
    }
    return true;
}

bool identities_open(struct identities *i, const struct project *project,
                     const struct mapping *entity, struct plan *plan, const char *path,
                     struct error *error)
{
    *i = (struct identities){.entity = entity, .plan = plan, .writer.runs = -1};
    arena_init(&i->arena);
    arena_init(&i->made);
    buffer_init(&i->field);
    json_fields_init(&i->json);
    return rows_init(&i->rows, plan->output_count, error) && find_sets(i, project, error) &&
           find_home(i, error) && look_into_rows(i, error) &&
           id_writer_open(&i->writer, path, error);
}

void identities_close(struct identities *i)
{
    if (i->entity == NULL)
        return;
    id_writer_close(&i->writer);
    rows_release(&i->rows);
    json_fields_release(&i->json);
    buffer_release(&i->field);
    arena_release(&i->made);
    arena_release(&i->arena);
    *i = (struct identities){.writer.runs = -1};
}

/* ---- one record -------------------------------------------------------------------------------
 */

/* What stands at a path of names and places; absent where nothing does. */
static struct value find_field(const struct value *record, const char *path)
{
    struct value value = *record;
    struct path_step step;
    while (path_next(&path, &step)) {
        bson_iter_t iter;
        bool found = false;
        if ((value.type != BSON_TYPE_DOCUMENT && value.type != BSON_TYPE_ARRAY) ||
            !bson_iter_init_from_data(&iter, value.bytes, value.length))
            return (struct value){.type = BSON_TYPE_EOD};
        while (!found && bson_iter_next(&iter))
            found = path_step_is(&step, bson_iter_key(&iter));
        if (!found)
            return (struct value){.type = BSON_TYPE_EOD};
        value = value_from_iter(&iter);
    }
    return value;
}

/* Does one of the forms of the table that the identity's rows are in take it? */
static bool has_row(const struct identities *i, const struct origin *origin, size_t parent,
                    bool *stays, struct error *error)
{
    const struct plan *plan = i->plan;
    *stays = i->home == SIZE_MAX;
    for (size_t o = 0; !*stays && o < plan->output_count; o++) {
        struct output_plan *output = &plan->outputs[o];
        bool dangles = false;
        if (output->scope != &plan->scopes[0] ||
            strcmp(output->output->table->label, plan->outputs[i->home].output->table->label) != 0)
            continue;
        if (!condition_holds(output->tests, output->test_count, stays, error) ||
            (*stays && o != parent && !evaluation_dangles(origin, output, &dangles, error)))
            return false;
        *stays = *stays && !dangles;
    }
    return true;
}

/* As rows.c decides of a record. */
static bool find_out(const struct identities *i, const struct origin *origin, bool *stays,
                     struct error *error)
{
    struct plan *plan = i->plan;
    bool holds = false, dangles = false;
    size_t parent = 0;
    for (; parent < plan->form_count; parent++) {
        struct output_plan *form = &plan->outputs[parent];
        if (!condition_holds(form->tests, form->test_count, &holds, error) ||
            (holds && !evaluation_dangles(origin, form, &dangles, error)))
            return false;
        if (holds)
            break;
    }
    *stays = holds && !dangles;
    return !*stays || has_row(i, origin, parent, stays, error);
}

/* The UUID in a field of binary COPY: bare, or as text. */
static bool read_uuid(const struct identities *i, uint8_t uuid[16], struct error *error)
{
    const uint8_t *bytes = i->field.data + 4;
    size_t length = i->field.length - 4;
    if (!buffer_ok(&i->field, error))
        return false;
    if (length == 16)
        memcpy(uuid, bytes, 16);
    return length == 16 || uuid_parse((const char *)bytes, length, uuid) ||
           error_set(error, ERROR_BUG, "an identity is no UUID");
}

/* The UUID by which it is known, and the one that it becomes. */
static bool identify_plainly(struct identities *i, const struct origin *origin,
                             struct id_entry *entry, bool *there, struct error *error)
{
    struct column_plan *column = &i->plan->outputs[i->home].columns[i->home_column];
    struct expression *expression = &column->expression;
    struct value value;
    int slot;
    if (column->carried) {
        const struct field *field = &i->plan->tuples.fields[column->column->source_column];
        *there = field->length >= 0;
        buffer_clear(&i->field);
        return !*there || (conversion_put(&column->conversion, field, &i->field, error) &&
                           read_uuid(i, entry->uuid, error));
    }
    misfit_begin(i->plan, column);
    if (!evaluation_value(origin, &i->plan->scopes[0], expression, false, &value, &slot, error))
        return false;
    *there = !value_is_nothing(&value);
    return !*there || encode_identity(&expression->encoding, &value, entry->uuid, error);
}

static bool encode_as(const struct identities *i, const struct mapping *entity,
                      enum identity_ids ids, const char *path, const struct value *value,
                      uint8_t uuid[16], struct error *error)
{
    const struct encoding encoding = {.identity = &i->plan->project->identity,
                                      .id_entity = entity->name,
                                      .ids = ids,
                                      .path = path};
    return encode_identity(&encoding, value, uuid, error);
}

/* It is a record of another entity. */
static bool identify_as_other(const struct identities *i, const struct value *record,
                              struct id_entry *entry, bool *there, struct error *error)
{
    const struct mapping_value *identity = i->entity->identity;
    struct value own = find_field(record, "_id"), value = find_field(record, identity->from);
    struct lookup *lookup = lookups_find(i->plan->lookups, identity->id_of);
    struct id_entry other;
    uint8_t uuid[16], hash[16];
    bool found = false;
    if (own.type == BSON_TYPE_EOD)
        own = find_field(record, "$id");
    *there = !value_is_nothing(&own);
    if (!*there)
        return true;
    if (!encode_as(i, i->entity, IDENTITY_TEXTS, "_id", &own, uuid, error))
        return false;
    lookup_hash_id(uuid, entry->hash);
    if (!value_is_nothing(&value)) {
        if (!encode_as(i, identity->id_of, identity->ids, identity->from, &value, entry->uuid,
                       error))
            return false;
        lookup_hash_id(entry->uuid, hash);
        if (lookup == NULL)
            return error_set(error, ERROR_BUG, "the ids of %s are not at hand",
                             identity->id_of->name);
        if (!id_index_find(&lookup->index, hash, &other, &found, error))
            return false;
    }
    if (found)
        memcpy(entry->uuid, other.uuid, sizeof entry->uuid);
    if (!found || !(other.flags & ID_STAYS))
        entry->flags = ID_ASTRAY | (found ? other.flags & ID_SET_ASIDE : 0);
    return true;
}

/* A value that the functions do not take is one that nobody can name by them. */
static bool put_sets(struct identities *i, const struct value *record, struct id_entry *entry,
                     struct error *error)
{
    bool ok = true;
    for (size_t s = 0; ok && s < i->set_count; s++) {
        struct identity_set *set = &i->sets[s];
        struct value value = find_field(record, set->value->by);
        bool lost = false;
        const struct function_context context = {.record = record->bytes,
                                                 .record_length = record->length,
                                                 .path = set->value->by,
                                                 .losses = &i->plan->losses,
                                                 .made = &i->made,
                                                 .lost = &lost,
                                                 .identity = &i->plan->project->identity};
        if (plan_holds_moments(i->plan, set->value->by))
            value_hold_moments(&value);
        set->values += value.type != BSON_TYPE_EOD;
        for (size_t f = 0; ok && f < set->value->function_count; f++)
            ok = function_apply(&set->value->functions[f], &context, &value, error);
        if (!ok && error->code == ERROR_DATA) {
            *error = (struct error){0};
            ok = true;
            continue;
        }
        if (!ok || value_is_nothing(&value) || !lookup_hash_value(set->set, &value, entry->hash))
            continue;
        entry->set = (uint8_t)s;
        entry->flags |= ID_ONCE;
        ok = id_writer_add(&i->writer, entry, error);
    }
    return ok;
}

static bool put_record(struct identities *i, const struct value *given, const char *key,
                       struct error *error)
{
    struct value opened;
    const struct value *record = &opened;
    const struct origin origin = {
        .plan = i->plan, .record = record, .document = record, .silent = true};
    struct id_entry entry = {.set = 0};
    bool stays = false, there = false, rejected = false;
    snprintf(entry.key, sizeof entry.key, "%.*s", (int)sizeof entry.key - 1, key);
    if (!json_fields_open(&i->json, i->plan, given, &opened, error))
        return false;
    if (record->length == 0)
        document_assume(&i->plan->scopes[0]);
    else if (!document_walk(i->plan, &i->plan->scopes[0], record, error))
        return false;
    if (!find_out(i, &origin, &stays, error))
        return false;
    if (stays && i->entity->rejects &&
        !rows_would_reject(&i->rows, i->plan, given, &rejected, error))
        return false;
    entry.flags = rejected ? ID_SET_ASIDE : stays ? ID_STAYS : 0;
    if (i->entity->identity != NULL) {
        if (!identify_as_other(i, record, &entry, &there, error))
            return false;
    } else {
        if (!identify_plainly(i, &origin, &entry, &there, error))
            return false;
        lookup_hash_id(entry.uuid, entry.hash);
    }
    return !there ||
           (id_writer_add(&i->writer, &entry, error) && put_sets(i, record, &entry, error));
}

bool identities_put_document(struct identities *i, const uint8_t *bson, size_t length,
                             struct error *error)
{
    char key[160];
    const struct value record = {
        .type = BSON_TYPE_DOCUMENT, .bytes = bson, .length = (uint32_t)length};
    rows_find_key(bson, length, key, sizeof key);
    i->records++;
    bool ok = put_record(i, &record, key, error);
    arena_release(&i->made);
    losses_clear(&i->plan->losses);
    return ok || error_at(error, i->entity->name, key, NULL);
}

bool identities_put_tuple(struct identities *i, const uint8_t **at, const uint8_t *end,
                          struct error *error)
{
    struct value record;
    i->records++;
    if (!tuple_read(i->plan, at, end, error))
        return false;
    const char *key = tuple_key(i->plan);
    bool ok = tuple_record(i->plan, &record, error) && put_record(i, &record, key, error);
    losses_clear(&i->plan->losses);
    return ok || error_at(error, i->entity->name, key, NULL);
}

/* ---- the end ----------------------------------------------------------------------------------
 */

static bool refuse_twice(void *context, const struct id_entry *one, const struct id_entry *other,
                         struct error *error)
{
    const struct identities *i = context;
    const struct identity_set *set = &i->sets[one->set];
    error_set(error, ERROR_DATA,
              "two records of %s have the same \"%s\", keys %s and %s, and %s looks them up by it",
              i->entity->name, set->value->by, one->key, other->key, set->user->file);
    error_hint(error, "correct one of them in the source, or leave it out; then run again");
    return error_at(error, i->entity->name, one->key, set->value->by);
}

bool identities_finish(struct identities *i, struct error *error)
{
    for (size_t s = 0; s < i->set_count; s++) {
        const struct identity_set *set = &i->sets[s];
        if (set->values > 0 || i->records == 0)
            continue;
        error_set(error, ERROR_DATA, "no record of %s has \"%s\", by which %s looks them up",
                  i->entity->name, set->value->by, set->user->file);
        return error_hint(error, "correct \"by\" in the mapping");
    }
    return id_writer_finish(&i->writer, refuse_twice, i, error);
}
