/* Words of a mapping that would do nothing where they stand, or that cannot be meant: a table of
 * word, place and reason for each kind of object of the files. What only a catalog knows is checked
 * in common/schema. */
#include "mapping.h"
#include "spot.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- places ---------------------------------------------------------------------------------- */

static bool of_appwrite(const struct spot *s)
{
    return s->source->kind == SOURCE_APPWRITE;
}

static bool not_of_appwrite(const struct spot *s)
{
    return !of_appwrite(s);
}

static bool of_postgres(const struct spot *s)
{
    return s->source->kind == SOURCE_POSTGRES;
}

static bool not_of_postgres(const struct spot *s)
{
    return !of_postgres(s);
}

static bool is_there(const struct spot *s)
{
    return s->table->exists;
}

static bool is_not_there(const struct spot *s)
{
    return !is_there(s);
}

static bool is_further_form(const struct spot *s)
{
    return s->first != NULL;
}

static bool is_whole_column(const struct spot *s)
{
    return of_postgres(s) && s->table->each == NULL && s->value->kind == VALUE_FROM &&
           s->value->when.count == 0 &&
           (s->value->sql != NULL || strchr(s->value->from, '.') == NULL);
}

static bool is_of_elements(const struct spot *s)
{
    return s->table->each != NULL;
}

static bool differs_in_exists(const struct spot *s)
{
    return s->first != NULL && s->first->exists != s->table->exists;
}

static bool differs_in_triggers(const struct spot *s)
{
    return s->first != NULL && s->first->triggers_off != s->table->triggers_off;
}

static bool is_same_list(const struct words *one, const struct words *other)
{
    bool same = one->count == other->count;
    for (size_t i = 0; same && i < one->count; i++)
        same = strcmp(one->items[i], other->items[i]) == 0;
    return same;
}

static bool is_first_of_another(const struct spot *s)
{
    const struct mapping_table *own = s->mapping->tables;
    return s->first != NULL && (s->first < own || s->first >= own + s->mapping->table_count);
}

static bool differs_in_if_there(const struct spot *s)
{
    return s->first != NULL && !is_first_of_another(s) &&
           (s->first->if_there != s->table->if_there ||
            !is_same_list(&s->first->updates, &s->table->updates));
}

/* What one entity made would be there already for the other. */
static bool is_of_two_entities(const struct spot *s)
{
    return is_first_of_another(s) && s->table->if_there != IF_THERE_FAIL;
}

static bool is_met_by_another(const struct spot *s)
{
    return is_first_of_another(s) && s->table->if_there == IF_THERE_FAIL &&
           s->first->if_there != IF_THERE_FAIL;
}

static bool has_no_key(const struct spot *s)
{
    return s->table->keyless && s->table->if_there != IF_THERE_FAIL;
}

static bool differs_in_key(const struct spot *s)
{
    const struct words *one = &s->table->key, *other = s->first != NULL ? &s->first->key : one;
    bool unsaid = one->count == 0 || other->count == 0;
    bool same = unsaid || is_same_list(one, other);
    return !same || (s->first != NULL && s->first->keyless != s->table->keyless);
}

static bool is_parent(const struct spot *s)
{
    return s->value->kind == VALUE_PARENT;
}

static bool is_made_object(const struct spot *s)
{
    return s->value->kind == VALUE_OBJECT || s->value->kind == VALUE_ARRAY ||
           s->value->kind == VALUE_REST;
}

static bool is_position(const struct spot *s)
{
    return s->value->kind == VALUE_POSITION;
}

/* The column of the parent's row, and whether it is that row's whole key. */
static const struct mapping_column *column_above(const struct spot *s)
{
    const struct mapping_table *parent = s->value->above;
    for (size_t i = 0; i < parent->column_count; i++)
        if (strcmp(parent->columns[i].name, s->value->from) == 0)
            return &parent->columns[i];
    return NULL;
}

static bool is_parents_key(const struct spot *s)
{
    const struct words *key = is_parent(s) ? &s->value->above->key : NULL;
    return key != NULL && key->count == 1 && strcmp(key->items[0], s->value->from) == 0;
}

static bool is_no_id_above(const struct spot *s)
{
    const struct mapping_column *above = is_parent(s) ? column_above(s) : NULL;
    return above != NULL && above->value.id_of != s->value->id_of;
}

static bool is_no_plain_field(const struct spot *s)
{
    return !mapping_value_is_plain(s->value);
}

static bool is_changed_as_text(const struct spot *s)
{
    bool inside = s->value != &s->column->value;
    bool made = s->value->kind == VALUE_REST || mapping_value_is_json(s->value, &s->column->type) ||
                (inside && s->value->kind == VALUE_ARRAY);
    for (size_t i = 0; made && i < s->value->function_count; i++)
        if (s->value->functions[i].function != FUNCTION_SAFE_NUMBERS)
            return true;
    return false;
}

/* Is there always something, whatever the record says? */
static bool is_always_there(const struct mapping_value *value)
{
    bool plain = value->when.count == 0 && value->function_count == 0 && value->map == NULL;
    const struct mapping_value *last =
        value->member_count > 0 ? &value->members[value->member_count - 1].value : NULL;
    if (value->kind == VALUE_CONST)
        return plain && !cJSON_IsNull(value->constant);
    if (value->kind == VALUE_NAME)
        return plain;
    if (value->kind == VALUE_ARRAY)
        return plain;
    if (value->kind == VALUE_POSITION || value->kind == VALUE_OBJECT)
        return value->when.count == 0;
    return value->kind == VALUE_FIRST && plain && is_always_there(last);
}

static bool needs_no_default(const struct spot *s)
{
    return is_always_there(s->value);
}

static bool has_idle_choice(const struct spot *s)
{
    for (size_t i = 0; s->value->kind == VALUE_FIRST && i + 1 < s->value->member_count; i++)
        if (is_always_there(&s->value->members[i].value))
            return true;
    return false;
}

static bool holds_ids(const struct mapping_value *value)
{
    bool found = value->keys_id_of != NULL;
    for (size_t i = 0; !found && i < value->member_count; i++)
        found = value->members[i].value.id_of != NULL || holds_ids(&value->members[i].value);
    return found;
}

static bool refers_nowhere(const struct spot *s)
{
    return s->value->id_of == NULL && !is_parents_key(s) && s->column->references == NULL;
}

static bool has_ids(const struct spot *s)
{
    return s->value->id_of != NULL || is_parents_key(s);
}

static bool has_no_ids(const struct spot *s)
{
    return s->value->id_of == NULL && !is_parents_key(s) && !holds_ids(s->value);
}

static bool asks_for_key_in_json(const struct spot *s)
{
    return refers_nowhere(s) && s->column->foreign_key;
}

static bool asks_for_key_there(const struct spot *s)
{
    return is_there(s) && s->column->foreign_key;
}

static bool is_array(const struct spot *s)
{
    return s->column->type.array;
}

static bool asks_for_key_of_array(const struct spot *s)
{
    return is_array(s) && s->column->foreign_key;
}

static bool has_no_foreign_key(const struct spot *s)
{
    return !s->column->foreign_key;
}

static bool sets_null_where_none_may_be(const struct spot *s)
{
    bool never = s->column->not_null;
    for (size_t i = 0; i < s->table->key.count; i++)
        never = never || strcmp(s->table->key.items[i], s->column->name) == 0;
    return never && s->column->on_delete != NULL && strcmp(s->column->on_delete, "set null") == 0;
}

static bool is_not_ordered(const struct spot *s)
{
    return strcmp(s->index->method, "btree") != 0;
}

static bool hashes_several(const struct spot *s)
{
    return strcmp(s->index->method, "hash") == 0 && s->index->columns.count > 1;
}

static bool has_command(const struct spot *s, const char *command)
{
    return strcmp(s->policy->command, command) == 0;
}

static bool inserts(const struct spot *s)
{
    return has_command(s, "insert");
}

static bool only_reads_or_deletes(const struct spot *s)
{
    return has_command(s, "select") || has_command(s, "delete");
}

static bool lets_nobody(const struct spot *s)
{
    const struct mapping_policy *policy = s->policy;
    bool writes_only = inserts(s) || has_command(s, "all");
    return policy->using == NULL && (policy->with_check == NULL || !writes_only);
}

static bool names_no_field(const struct spot *s)
{
    bool rest = s->value->kind == VALUE_REST && s->value->from != NULL;
    return s->value->kind != VALUE_FROM && !rest && s->value->when.count == 0;
}

/* No word here lets a value not come. */
static bool gives_nothing_up(const struct spot *s)
{
    const struct mapping_value *value = s->value;
    return value->when.count == 0 && value->kind != VALUE_FIRST && value->function_count == 0 &&
           value->map == NULL && value->fallback == NULL && value->dangling == DANGLING_UNSAID &&
           !s->column->says_misfits;
}

static bool filters_nothing(const struct spot *s)
{
    return s->table->when.count == 0;
}

static bool decides_of_no_record(const struct spot *s)
{
    return strcmp(s->table->label, s->mapping->tables[0].label) != 0 || s->table->each != NULL;
}

/* What none of several forms takes, and what none of the rules leaves out, is an error. */
static bool is_exhaustive(const struct spot *s)
{
    size_t forms = 0;
    for (size_t t = 0; t < s->mapping->table_count; t++)
        forms += strcmp(s->mapping->tables[t].label, s->mapping->tables[0].label) == 0 &&
                 s->mapping->tables[t].each == NULL;
    for (size_t i = 0; i < s->mapping->rule_count; i++)
        forms += s->mapping->rules[i].each == NULL;
    return forms > 1;
}

static bool names_no_field_itself(const struct spot *s)
{
    return s->table->each == NULL && s->table->when.count == 0;
}

/* ---- words ----------------------------------------------------------------------------------- */

#define BROUGHT "the target brings this table with all that is on it; leave this word away"
#define MADE "graduate makes this table; this word is for one that \"exists\""
#define FURTHER "the first form of this table decides this; say it there"
#define TAKEN "a parent's column is taken over as it is in the parent's row"

static const struct barren of_sources[] = {
    {"key", not_of_appwrite, "only Appwrite has API keys; the others have theirs in the URI"},
    {"database", of_postgres, "a database of Postgres is named in the URI"},
    {"schema", not_of_postgres, "only Postgres has schemas"},
};

static const struct barren of_tables[] = {
    {"foreign_keys", is_there, BROUGHT},
    {"unique", is_there, BROUGHT},
    {"indexes", is_there, BROUGHT},
    {"checks", is_there, BROUGHT},
    {"policies", is_there, BROUGHT},
    {"grants", is_there, BROUGHT},
    {"comment", is_there, BROUGHT},
    {"triggers", is_not_there, MADE},
    {"if_there", is_not_there, MADE},
    {"if_there", has_no_key, "a row that is there is found by its key, and this table has none"},
    {"if_there", is_of_two_entities,
     "another mapping fills this table, too: only one that is filled by one mapping can say this"},
    {"foreign_keys", is_further_form, FURTHER},
    {"unique", is_further_form, FURTHER},
    {"indexes", is_further_form, FURTHER},
    {"checks", is_further_form, FURTHER},
    {"policies", is_further_form, FURTHER},
    {"grants", is_further_form, FURTHER},
    {"comment", is_further_form, FURTHER},
    {"key", differs_in_key, "the first form of this table has another key, and there is one only"},
    {NULL, differs_in_exists,
     "this table \"exists\" by one of its forms, and by another it does not"},
    {NULL, is_met_by_another,
     "another mapping fills this table, too, and says \"if_there\": only one that is filled by one "
     "mapping can say that"},
    {NULL, differs_in_if_there, "another form of this table says something else by \"if_there\""},
    {NULL, differs_in_triggers,
     "the \"triggers\" of this table are off by one of its forms, and by another they are on"},
    {"optional", names_no_field_itself, "no \"each\" and no \"when\" names a field here"},
    {"keep_shape", is_of_elements, "elements have no shape: name their columns"},
    {"why", filters_nothing, "no \"when\" filters records here"},
    {"why", decides_of_no_record,
     "the first table's \"when\" decides which records are filtered; elements are left out by a "
     "rule "
     "of \"left_out\""},
    {"why", is_exhaustive, "records are left out by a rule of \"left_out\", which has the reason"},
};

static const struct barren of_values[] = {
    {"optional", is_whole_column, "the catalog says which columns there are"},
    {"optional", names_no_field, "no field is named here; say it where one is"},
    {"why", gives_nothing_up, "no word here lets a value not come, or changes it"},
    {"do", is_parent, TAKEN},
    {"when", is_parent, TAKEN},
    {"default", is_parent, TAKEN},
    {"map", is_parent, TAKEN},
    {"map", is_position, "a place is a number, and nothing is exchanged for it"},
    {"map", is_made_object, "what is exchanged is a text, a number or a truth value"},
    {"do", is_position, "a place is a number, and no function changes it"},
    {"do", is_changed_as_text,
     "of the functions only \"safe_numbers\" is for what is made as JSON"},
    {"default", needs_no_default, "there is always a value here, so the default never comes"},
    {"first", has_idle_choice,
     "what stands behind a choice that always has a value is never chosen"},
    {"id_of", is_position, "a place is nobody's id"},
    {"id_of", is_parents_key, "the parent's key refers to the parent's row already"},
    {"id_of", is_no_id_above, "the parent's column is no id of that entity; say it there"},
    {"keys_id_of", is_no_plain_field, "this is for a column that is taken as it is"},
};

static const struct barren of_columns[] = {
    {"sql_default", is_there, BROUGHT},
    {"in", is_there, BROUGHT},
    {"on_delete", is_there, BROUGHT},
    {"foreign_key", asks_for_key_there, BROUGHT},
    {"references", is_there, BROUGHT},
    {"sql_default", is_further_form, FURTHER},
    {"in", is_further_form, FURTHER},
    {"in", has_ids, "an id becomes a UUID, of which no list is given"},
    {"on_delete", is_further_form, FURTHER},
    {"references", is_further_form, FURTHER},
    {"foreign_key", has_no_ids,
     "a foreign key comes of \"id_of\", or of a \"parent\" that is the whole key"},
    {"foreign_key", asks_for_key_in_json, "no foreign key can be made of ids inside of JSON"},
    {"foreign_key", asks_for_key_of_array, "no foreign key can be made of the ids of an array"},
    {"references", has_ids, "what the column refers to is said already"},
    {"references", is_array, "no foreign key can be made of the elements of an array"},
    {"on_delete", is_array, "no foreign key can be made of the ids of an array"},
    {"on_delete", refers_nowhere,
     "a foreign key comes of \"id_of\", or of a \"parent\" that is the whole key, or of "
     "\"references\""},
    {"on_delete", has_no_foreign_key, "there is no foreign key, by \"foreign_key\": false"},
    {"on_delete", sets_null_where_none_may_be, "this column is never null"},
};

static const struct barren of_indexes[] = {
    {"unique", is_not_ordered, "only a btree keeps values from standing twice"},
    {"method", hashes_several, "a hash index has one column"},
};

static const struct barren of_policies[] = {
    {"using", inserts, "what is inserted is looked at by \"check\""},
    {"check", only_reads_or_deletes,
     "no row is written here; rows that are there are looked at by "
     "\"using\""},
    {NULL, lets_nobody, "without \"using\" (or \"check\", to insert) it lets nobody do anything"},
};

/* ---- the walk -------------------------------------------------------------------------------- */

static bool also(const struct spot *spot, bool ok, const struct error *error)
{
    return ok || errors_add(spot->errors, error);
}

static bool check_value(const struct spot *spot, const cJSON *object,
                        const struct json_place *place, struct error *error)
{
    const struct mapping_value *value = spot->value;
    const char *key = value_kind_words[value->kind];
    const cJSON *members = cJSON_GetObjectItemCaseSensitive(object, key);
    struct json_place here = {place, key, 0};
    if (!also(spot, barren_check(of_values, COUNT(of_values), spot, object, place, error), error) ||
        !also(spot, spot_check_reference(spot, object, place, error), error))
        return false;
    for (size_t i = 0; i < value->member_count; i++) {
        struct json_place at = {&here, value->members[i].name, i};
        struct spot inner = *spot;
        inner.value = &value->members[i].value;
        if (!check_value(&inner, cJSON_GetArrayItem(members, (int)i), &at, error))
            return false;
    }
    return true;
}

static bool check_columns(const struct spot *spot, const cJSON *object,
                          const struct json_place *place, struct error *error)
{
    const cJSON *columns = cJSON_GetObjectItemCaseSensitive(object, "columns");
    struct json_place here = {place, "columns", 0};
    for (size_t i = 0; i < spot->table->column_count; i++) {
        struct spot inner = *spot;
        inner.column = &spot->table->columns[i];
        inner.value = &inner.column->value;
        struct json_place at = {&here, inner.column->name, 0};
        const cJSON *column = cJSON_GetObjectItemCaseSensitive(columns, inner.column->name);
        if (!check_value(&inner, column, &at, error) ||
            !also(spot,
                  barren_check(of_columns, COUNT(of_columns), &inner, column, &at, error) &&
                      spot_check_kept(&inner, column, &at, error),
                  error) ||
            !also(spot,
                  mapping_check_column_misfits(spot->table, inner.column, column, &at, error),
                  error))
            return false;
    }
    return true;
}

static bool check_indexes(const struct spot *spot, const cJSON *object,
                          const struct json_place *place, struct error *error)
{
    const cJSON *indexes = cJSON_GetObjectItemCaseSensitive(object, "indexes");
    struct json_place here = {place, "indexes", 0};
    for (size_t i = 0; i < spot->table->index_count; i++) {
        struct spot inner = *spot;
        inner.index = &spot->table->indexes[i];
        struct json_place at = {&here, NULL, i};
        if (!also(spot,
                  barren_check(of_indexes, COUNT(of_indexes), &inner,
                               cJSON_GetArrayItem(indexes, (int)i), &at, error),
                  error))
            return false;
    }
    return true;
}

static bool check_policies(const struct spot *spot, const cJSON *object,
                           const struct json_place *place, struct error *error)
{
    const cJSON *policies = cJSON_GetObjectItemCaseSensitive(object, "policies");
    struct json_place here = {place, "policies", 0};
    for (size_t i = 0; i < spot->table->policy_count; i++) {
        struct spot inner = *spot;
        inner.policy = &spot->table->policies[i];
        struct json_place at = {&here, NULL, i};
        if (!also(spot,
                  barren_check(of_policies, COUNT(of_policies), &inner,
                               cJSON_GetArrayItem(policies, (int)i), &at, error),
                  error))
            return false;
    }
    return true;
}

/* The form of a table that is met first in the project's order makes the table. */
static const struct mapping_table *first_form(const struct project *project,
                                              const struct mapping_table *table)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        for (size_t t = 0; t < project->mappings[i]->table_count; t++) {
            const struct mapping_table *form = &project->mappings[i]->tables[t];
            if (strcmp(form->label, table->label) == 0)
                return form != table ? form : NULL;
        }
    return NULL;
}

struct checking {
    const struct project *project;
    const struct mapping *mapping;
    struct errors errors;
};

static bool check_table(void *context, struct mapping_table *table, const cJSON *object,
                        const struct json_place *place, struct error *error)
{
    struct checking *checking = context;
    const struct spot spot = {.errors = &checking->errors,
                              .source = checking->mapping->source,
                              .mapping = checking->mapping,
                              .table = table,
                              .first = first_form(checking->project, table)};
    return also(&spot, barren_check(of_tables, COUNT(of_tables), &spot, object, place, error),
                error) &&
           also(&spot, mapping_check_table_misfits(table, object, place, error), error) &&
           check_columns(&spot, object, place, error) &&
           check_indexes(&spot, object, place, error) &&
           check_policies(&spot, object, place, error);
}

bool mapping_check_source(const struct source *source, const cJSON *json,
                          const struct json_place *place, struct error *error)
{
    const struct spot spot = {.source = source};
    return barren_check(of_sources, COUNT(of_sources), &spot, json, place, error);
}

bool mapping_check_effect(const struct project *project, const cJSON *json, struct mapping *mapping,
                          struct error *error)
{
    struct checking checking = {.project = project, .mapping = mapping};
    const struct json_place top = {NULL, mapping->file, 0};
    return (mapping_check_misfits(mapping, json, &top, error) ||
            errors_add(&checking.errors, error)) &&
           mapping_each_table(json, mapping, check_table, &checking, error) &&
           errors_give(&checking.errors, error);
}
