/* References to records of other entities: by which field, as whose identity, and what is done when
 * there is no such record. */
#include "mapping.h"
#include "reading.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *const dangling_words[DANGLING_WORDS] = {"error", "null", "keep", "left_out", "reject"};
static const char *const whose_words[] = {"from", "id_of"};

/* ---- reading --------------------------------------------------------------------------------- */

bool mapping_read_reference(struct reading *r, const cJSON *object, const struct json_place *place,
                            struct mapping_value *value)
{
    const char *dangling = NULL;
    struct json_place by = {place, "by", 0};
    if (!reading_text(r, object, place, "by", &value->by) ||
        !reading_path(r, &by, PATH_PLAIN, &value->by) ||
        !reading_choice(r, object, place, "dangling", dangling_words, DANGLING_WORDS, &dangling))
        return false;
    for (size_t i = 0; i < DANGLING_WORDS; i++)
        if (dangling == dangling_words[i])
            value->dangling = (enum dangling)(i + 1);
    r->mapping->rejects = r->mapping->rejects || value->dangling == DANGLING_REJECT;
    return true;
}

bool mapping_read_identity(struct reading *r, const cJSON *json, const struct json_place *top)
{
    const cJSON *identity = cJSON_GetObjectItemCaseSensitive(json, "identity");
    struct json_place here = {top, "identity", 0}, from = {&here, "from", 0};
    if (identity == NULL)
        return true;
    if (!cJSON_IsObject(identity))
        return json_error(r->error, &here,
                          "this must be an object, as {\"from\": \"authId\", \"id_of\": "
                          "\"accounts\"}, and is %s",
                          json_kind(identity));
    struct mapping_value *value = arena_alloc(r->arena, 1, sizeof *value);
    if (value == NULL)
        return reading_memory(r);
    *value = (struct mapping_value){.kind = VALUE_FROM};
    r->mapping->identity = value;
    if (!json_only(identity, &here, whose_words, COUNT(whose_words), r->error) ||
        !reading_text(r, identity, &here, "from", &value->from) ||
        !reading_path(r, &from, PATH_PLAIN, &value->from))
        return false;
    if (value->from == NULL || cJSON_GetObjectItemCaseSensitive(identity, "id_of") == NULL)
        return json_error(r->error, &here,
                          "an identity needs \"from\", the field with the id, and \"id_of\", whose "
                          "id it is");
    return r->mapping->source->kind != SOURCE_POSTGRES ||
           json_error(r->error, &here, "this is for documents; a kept table says it of its key");
}

/* The record's own id is never missing. */
static bool is_own(const struct mapping *mapping, const struct mapping_table *table,
                   const struct mapping_value *value)
{
    return value->kind == VALUE_FROM && value->id_of == mapping && table->each == NULL &&
           (strcmp(value->from, "_id") == 0 || strcmp(value->from, "$id") == 0);
}

static void settle(const struct mapping *mapping, const struct mapping_table *table, bool keyless,
                   struct mapping_value *value)
{
    bool ids = keyless && value->id_of != NULL && value->kind != VALUE_PARENT &&
               value->dangling == DANGLING_UNSAID && !is_own(mapping, table, value);
    value->must_exist = ids || value->keys_id_of != NULL;
    for (size_t i = 0; i < value->member_count; i++)
        settle(mapping, table, true, &value->members[i].value);
}

void mapping_settle_reference(const struct mapping *mapping, const struct mapping_table *table,
                              struct mapping_column *column)
{
    if (column->foreign_key)
        settle(mapping, table, column->type.array, &column->value);
}

/* ---- who looks at whom ----------------------------------------------------------------------- */

bool mapping_is_looked_up(const struct mapping_value *value)
{
    return value->id_of != NULL && (value->by != NULL || value->dangling != DANGLING_UNSAID ||
                                    value->must_exist || value->id_of->identity != NULL);
}

static bool looks_up(const struct mapping_value *value, const struct mapping *to)
{
    if ((value->id_of == to && mapping_is_looked_up(value)) ||
        (value->keys_id_of == to && value->must_exist) ||
        (value->access != NULL && value->access->users == to))
        return true;
    for (size_t i = 0; i < value->member_count; i++)
        if (looks_up(&value->members[i].value, to))
            return true;
    return false;
}

bool mapping_looks_up(const struct mapping *mapping, const struct mapping *to)
{
    bool looks = mapping->identity != NULL && mapping->identity->id_of == to;
    for (size_t t = 0; t < mapping->table_count; t++)
        for (size_t c = 0; c < mapping->tables[t].column_count && !looks; c++)
            looks = looks_up(&mapping->tables[t].columns[c].value, to);
    return looks;
}

/* An element of an array goes alone. */
static bool takes_rows_along(const struct mapping_column *column)
{
    return column->value.dangling == DANGLING_LEFT_OUT && !column->type.array;
}

/* Wherever it stands, the record is set aside. */
static bool rejects_for(const struct mapping_value *value, const struct mapping *to)
{
    bool rejects = value->id_of == to && value->dangling == DANGLING_REJECT;
    for (size_t i = 0; i < value->member_count && !rejects; i++)
        rejects = rejects_for(&value->members[i].value, to);
    return rejects;
}

bool mapping_leans_on(const struct mapping *mapping, const struct mapping *to)
{
    bool leans = mapping->identity != NULL && mapping->identity->id_of == to;
    for (size_t t = 0; t < mapping->table_count; t++)
        for (size_t c = 0; c < mapping->tables[t].column_count && !leans; c++) {
            const struct mapping_column *column = &mapping->tables[t].columns[c];
            leans = (column->value.id_of == to && takes_rows_along(column)) ||
                    rejects_for(&column->value, to);
        }
    return leans;
}

/* Does one lead to the other, by at most so many steps? */
static bool leads(const struct project *project, const struct mapping *from,
                  const struct mapping *to, size_t steps)
{
    if (mapping_leans_on(from, to))
        return true;
    for (size_t i = 0; steps > 0 && i < project->mapping_count; i++)
        if (mapping_leans_on(from, project->mappings[i]) &&
            leads(project, project->mappings[i], to, steps - 1))
            return true;
    return false;
}

bool project_check_circles(const struct project *project, struct error *error)
{
    for (size_t i = 0; i < project->mapping_count; i++) {
        const struct mapping *mapping = project->mappings[i];
        for (size_t j = 0; j < project->mapping_count; j++) {
            const struct mapping *other = project->mappings[j];
            if (!mapping_leans_on(mapping, other) ||
                (mapping != other && !leads(project, other, mapping, project->mapping_count)))
                continue;
            error_set(
                error, ERROR_USAGE,
                "%s: which records of %s stay depends on which of %s do, and that on itself: "
                "\"dangling\": \"left_out\" or \"reject\" (or \"identity\") goes in a circle here",
                mapping->file, mapping->name, other->name);
            return error_hint(error, "say \"null\" or \"keep\" on the way, and clear up by SQL "
                                     "after the run");
        }
    }
    return true;
}
