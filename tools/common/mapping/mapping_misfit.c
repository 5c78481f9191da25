/* What is done with what does not fit: a kind of misfit, and its remedy, said of a column, a table,
 * a mapping or the project; the nearest that says something of a kind wins. */
#include "mapping.h"
#include "reading.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* In the order of enum remedy. */
static const char *const remedies_of_all[] = {"error", "null", "default", "reject"};

const char *const misfit_names[MISFIT_KINDS] = {
    [MISFIT_NUL] = "nul",
    [MISFIT_UTF8] = "utf8",
    [MISFIT_TOO_LONG] = "too_long",
    [MISFIT_RANGE] = "range",
    [MISFIT_ROUNDING] = "rounding",
    [MISFIT_NOT_FINITE] = "not_finite",
    [MISFIT_NEGATIVE_ZERO] = "negative_zero",
    [MISFIT_BEYOND_DOUBLE] = "beyond_double",
    [MISFIT_JSON] = "json",
    [MISFIT_KEY_TWICE] = "key_twice",
    [MISFIT_NO_ARRAY] = "no_array",
    [MISFIT_OTHER] = "other",
    [MISFIT_ROW_TWICE] = "row_twice",
    [MISFIT_REFUSED] = "refused",
};

/* What a misfit of a kind can be met in. */
static bool is_json(const struct mapping_column *column)
{
    return column->type.base == PG_JSON || column->type.base == PG_JSONB;
}

static bool has_text(const struct mapping_column *column)
{
    return is_json(column) || (column->value.id_of == NULL &&
                               (column->type.base == PG_TEXT || column->type.base == PG_VARCHAR ||
                                column->type.base == PG_CHAR));
}

static bool has_length(const struct mapping_column *column)
{
    return column->value.id_of == NULL && column->type.length > 0;
}

static bool is_whole(const struct mapping_column *column)
{
    return column->type.base == PG_INT2 || column->type.base == PG_INT4 ||
           column->type.base == PG_INT8;
}

static bool is_float(const struct mapping_column *column)
{
    return column->type.base == PG_FLOAT4 || column->type.base == PG_FLOAT8;
}

static bool has_places(const struct mapping_column *column)
{
    return is_whole(column) || is_float(column) ||
           (column->type.base == PG_NUMERIC && column->type.precision > 0);
}

static bool has_range(const struct mapping_column *column)
{
    return has_places(column) || column->type.base == PG_DATE ||
           column->type.base == PG_TIMESTAMP || column->type.base == PG_TIMESTAMPTZ;
}

static bool has_numbers(const struct mapping_column *column)
{
    return is_whole(column) || is_float(column) || column->type.base == PG_NUMERIC ||
           is_json(column);
}

static bool has_no_negative_zero(const struct mapping_column *column)
{
    return has_numbers(column) && !is_float(column);
}

static bool reads_json(const struct mapping_column *column)
{
    for (size_t i = 0; i < column->value.function_count; i++)
        if (column->value.functions[i].function == FUNCTION_JSON)
            return true;
    return false;
}

static bool is_array(const struct mapping_column *column)
{
    return column->type.array;
}

static bool is_any(const struct mapping_column *column)
{
    (void)column;
    return true;
}

static const struct {
    const char *mend; /* the kind's own word, or NULL */
    bool (*meets)(const struct mapping_column *column);
    const char *where;
} kinds[MISFIT_KINDS] = {
    [MISFIT_NUL] = {"strip", has_text, "a column of texts or JSON"},
    [MISFIT_UTF8] = {"replace", has_text, "a column of texts or JSON"},
    [MISFIT_TOO_LONG] = {"cut", has_length, "a column with a length, as varchar(20)"},
    [MISFIT_RANGE] = {"clamp", has_range, "a column of numbers with a limit, or of dates"},
    [MISFIT_ROUNDING] = {"round", has_places, "a column of numbers with a limit"},
    [MISFIT_NOT_FINITE] = {NULL, has_numbers, "a column of numbers or JSON"},
    [MISFIT_NEGATIVE_ZERO] = {"zero", has_no_negative_zero,
                              "a column of whole numbers, decimals or JSON"},
    [MISFIT_BEYOND_DOUBLE] = {"text", is_json, "a column of JSON"},
    [MISFIT_JSON] = {"keep", reads_json, "a column with \"do\": [\"json\"]"},
    [MISFIT_KEY_TWICE] = {"last", is_json, "a column of JSON"},
    [MISFIT_NO_ARRAY] = {"list", is_array, "a column with an array type"},
    [MISFIT_OTHER] = {NULL, is_any, "a column"},
    [MISFIT_ROW_TWICE] = {"first", NULL, "tables with \"each\""},
    [MISFIT_REFUSED] = {NULL, NULL, "tables"},
};

/* An object, or the rest, has many fields in it, and nothing stands for all of them. */
static bool is_made_json(const struct mapping_column *column)
{
    return column->value.kind == VALUE_REST ||
           mapping_value_is_json(&column->value, &column->type);
}

/* A type that only the catalog knows may be any. */
static bool meets(const struct mapping_column *column, enum misfit kind)
{
    if (kinds[kind].meets == NULL || column->value.kind == VALUE_PARENT)
        return false;
    return column->type.name == NULL || kinds[kind].meets(column);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* A null for what is not finite stands in its place, also in an array or in JSON. */
static void say(struct remedies *out, enum misfit kind, enum remedy remedy)
{
    out->of[kind] = kind == MISFIT_NOT_FINITE && remedy == REMEDY_NULL ? REMEDY_MEND : remedy;
}

static bool read_word(struct reading *r, const cJSON *misfit, const struct json_place *place,
                      struct remedies *out)
{
    for (size_t i = 0; i < COUNT(remedies_of_all); i++)
        if (strcmp(remedies_of_all[i], misfit->valuestring) == 0) {
            for (enum misfit kind = 0; kind < MISFIT_VALUES; kind++)
                if (kind != MISFIT_NEGATIVE_ZERO && kind != MISFIT_BEYOND_DOUBLE) /* they fit */
                    say(out, kind, REMEDY_ERROR + (enum remedy)i);
            if (i == 0 || REMEDY_ERROR + (enum remedy)i == REMEDY_REJECT)
                say(out, MISFIT_REFUSED, REMEDY_ERROR + (enum remedy)i);
            return true;
        }
    return reading_wrong_word(r, place, misfit->valuestring, remedies_of_all,
                              COUNT(remedies_of_all));
}

static bool read_kind(struct reading *r, const cJSON *misfit, const struct json_place *here,
                      enum misfit kind, struct remedies *out)
{
    const char *words[COUNT(remedies_of_all) + 1], *word = NULL;
    size_t count = kind >= MISFIT_VALUES ? 1 : COUNT(remedies_of_all); /* "error" is the first */
    memcpy(words, remedies_of_all, sizeof remedies_of_all);
    if (kind == MISFIT_REFUSED)
        words[count++] = "reject";
    if (kinds[kind].mend != NULL)
        words[count++] = kinds[kind].mend;
    if (!reading_choice(r, misfit, here, misfit_names[kind], words, count, &word))
        return false;
    if (word == NULL)
        return true;
    say(out, kind, REMEDY_MEND);
    for (size_t i = 0; i < COUNT(remedies_of_all); i++)
        if (strcmp(word, remedies_of_all[i]) == 0)
            say(out, kind, REMEDY_ERROR + (enum remedy)i);
    return true;
}

bool mapping_read_misfits(struct reading *r, const cJSON *object, const struct json_place *place,
                          struct remedies *out)
{
    const cJSON *misfit = cJSON_GetObjectItemCaseSensitive(object, "misfit");
    struct json_place here = {place, "misfit", 0};
    if (misfit == NULL)
        return true;
    if (cJSON_IsString(misfit))
        return read_word(r, misfit, &here, out);
    if (!cJSON_IsObject(misfit) || misfit->child == NULL)
        return json_error(r->error, &here,
                          "this must be \"error\", \"null\", \"default\", \"reject\", or an object of misfits "
                          "and their remedies, as {\"nul\": \"strip\"}, and is %s",
                          json_kind(misfit));
    struct errors errors = {0};
    bool spelt = json_only(misfit, &here, misfit_names, MISFIT_KINDS, r->error);
    if (!reading_goes_on(r, spelt, &errors))
        return false;
    for (enum misfit kind = 0; kind < MISFIT_KINDS; kind++)
        if (!reading_goes_on(r, read_kind(r, misfit, &here, kind, out), &errors))
            return false;
    return errors_give(&errors, r->error);
}

bool mapping_read_column_misfits(struct reading *r, const cJSON *object,
                                 const struct json_place *place, struct mapping_column *column)
{
    struct json_place here = {place, "misfit", 0};
    bool falls_back = false;
    if (!mapping_read_misfits(r, object, place, &column->misfits))
        return false;
    for (enum misfit kind = 0; kind < MISFIT_KINDS; kind++) {
        enum remedy remedy = column->misfits.of[kind];
        falls_back = falls_back || remedy == REMEDY_DEFAULT;
        column->says_misfits = column->says_misfits || remedy != REMEDY_UNSAID;
    }
    return !falls_back || column->value.fallback != NULL ||
           json_error(r->error, &here, "the column has no \"default\" that could stand in");
}

/* ---- the nearest wins ------------------------------------------------------------------------ */

void mapping_inherit_misfits(const struct remedies *outer, struct remedies *inner)
{
    for (enum misfit kind = 0; kind < MISFIT_KINDS; kind++)
        if (inner->of[kind] == REMEDY_UNSAID)
            inner->of[kind] = outer->of[kind];
}

void mapping_settle_misfits(const struct reading *r, const struct remedies *outer,
                            struct mapping_column *column)
{
    for (enum misfit kind = 0; kind < MISFIT_VALUES; kind++) {
        enum remedy *own = &column->misfits.of[kind], remedy = outer->of[kind];
        bool stands_in = remedy == REMEDY_NULL || remedy == REMEDY_DEFAULT;
        bool can = remedy != REMEDY_DEFAULT || column->value.fallback != NULL;
        if (*own == REMEDY_UNSAID && can && !(stands_in && is_made_json(column)))
            *own = remedy;
        r->mapping->rejects = r->mapping->rejects || *own == REMEDY_REJECT;
    }
}

void mapping_settle_refused(const struct reading *r, const struct mapping_table *table)
{
    r->mapping->refusable =
        r->mapping->refusable || table->misfits.of[MISFIT_REFUSED] == REMEDY_REJECT;
}

enum remedy mapping_remedy(const struct remedies *remedies, enum misfit kind)
{
    if (remedies != NULL && remedies->of[kind] != REMEDY_UNSAID)
        return remedies->of[kind];
    if (kind == MISFIT_NEGATIVE_ZERO)
        return REMEDY_MEND;
    if (kind == MISFIT_BEYOND_DOUBLE)
        return REMEDY_UNSAID;
    bool others = remedies != NULL && kind < MISFIT_VALUES &&
                  remedies->of[MISFIT_OTHER] != REMEDY_UNSAID;
    return others ? remedies->of[MISFIT_OTHER] : REMEDY_ERROR;
}

bool mapping_has_remedies(const struct mapping_column *column)
{
    bool any = false;
    for (enum misfit kind = 0; kind < MISFIT_VALUES && !any; kind++)
        any = column->misfits.of[kind] != REMEDY_UNSAID;
    return any;
}

/* ---- a word that does nothing ---------------------------------------------------------------- */

/* An array that "each" opens. */
static bool opens_array(const struct mapping_table *table)
{
    return table->each != NULL && table->each[strlen(table->each) - 1] != '*';
}

static bool meets_in_table(const struct mapping_table *table, enum misfit kind)
{
    bool found = kind == MISFIT_REFUSED || (kind == MISFIT_ROW_TWICE && table->each != NULL) ||
                 (kind == MISFIT_NO_ARRAY && opens_array(table));
    for (size_t i = 0; i < table->column_count && !found; i++)
        found = meets(&table->columns[i], kind);
    return found;
}

static bool meets_in_mapping(const struct mapping *mapping, enum misfit kind)
{
    bool found = kind == MISFIT_JSON && mapping->json.count > 0;
    for (size_t t = 0; t < mapping->table_count && !found; t++)
        found = meets_in_table(&mapping->tables[t], kind);
    return found;
}

static bool meets_in_project(const struct project *project, enum misfit kind)
{
    bool found = project->broken_count > 0; /* who knows */
    for (size_t i = 0; i < project->mapping_count && !found; i++)
        found = meets_in_mapping(project->mappings[i], kind);
    return found;
}

/* A kind that the object says and that nothing there can be. */
static bool refuse(const struct json_place *place, enum misfit kind, struct error *error)
{
    struct json_place here = {place, "misfit", 0};
    return json_error(error, &here, "\"%s\" is for %s%s", misfit_names[kind], kinds[kind].where,
                      kind == MISFIT_NO_ARRAY ? ", or an \"each\" that opens an array" : "");
}

#define SAYS(object, kind)                                                                         \
    cJSON_HasObjectItem(cJSON_GetObjectItemCaseSensitive(object, "misfit"), misfit_names[kind])

/* Does the column's own word put null for the whole value? */
static bool says_null(const cJSON *object)
{
    const cJSON *misfit = cJSON_GetObjectItemCaseSensitive(object, "misfit"), *of;
    if (cJSON_IsString(misfit))
        return strcmp(misfit->valuestring, "null") == 0;
    cJSON_ArrayForEach(of, misfit)
    {
        bool in_place = strcmp(of->string, misfit_names[MISFIT_NOT_FINITE]) == 0;
        if (!in_place && cJSON_IsString(of) && strcmp(of->valuestring, "null") == 0)
            return true;
    }
    return false;
}

bool mapping_check_column_misfits(const struct mapping_table *table,
                                  const struct mapping_column *column, const cJSON *object,
                                  const struct json_place *place, struct error *error)
{
    bool said = cJSON_HasObjectItem(object, "misfit");
    struct json_place here = {place, "misfit", 0};
    for (enum misfit kind = 0; kind < MISFIT_KINDS; kind++) {
        if (!SAYS(object, kind))
            continue;
        if (!meets(column, kind))
            return json_error(error, &here, "\"%s\" is for %s", misfit_names[kind],
                              kinds[kind].where);
        if (kind == MISFIT_NO_ARRAY && table->keep_shape)
            return json_error(error, &here, "a kept column is taken as it is");
    }
    if (column->not_null && says_null(object))
        return json_error(error, &here, "this column is never null: \"default\" can stand in");
    bool stands_in = false;
    for (enum misfit kind = 0; kind < MISFIT_VALUES; kind++)
        stands_in = stands_in || column->misfits.of[kind] == REMEDY_NULL ||
                    column->misfits.of[kind] == REMEDY_DEFAULT;
    return !said || !stands_in || !is_made_json(column) ||
           json_error(error, &here,
                      "nothing can stand for an object that is made of many fields; what is in "
                      "it can be mended, as with {\"nul\": \"strip\"}");
}

bool mapping_check_table_misfits(const struct mapping_table *table, const cJSON *object,
                                 const struct json_place *place, struct error *error)
{
    for (enum misfit kind = 0; kind < MISFIT_KINDS; kind++)
        if (SAYS(object, kind) && !meets_in_table(table, kind))
            return refuse(place, kind, error);
    return true;
}

/* The texts that are read as JSON are of no column whose value null or a default could be. */
static bool stands_in_for_none(const struct mapping *mapping)
{
    enum remedy remedy = mapping->misfits.of[MISFIT_JSON];
    bool found = mapping->json.count == 0 || (remedy != REMEDY_NULL && remedy != REMEDY_DEFAULT);
    for (size_t t = 0; t < mapping->table_count && !found; t++)
        found = meets_in_table(&mapping->tables[t], MISFIT_JSON);
    return !found;
}

bool mapping_check_misfits(const struct mapping *mapping, const cJSON *object,
                           const struct json_place *place, struct error *error)
{
    struct json_place here = {place, "misfit", 0};
    if (SAYS(object, MISFIT_JSON) && stands_in_for_none(mapping))
        return json_error(error, &here,
                          "a text of \"json\" that is no JSON is an \"error\", stays a text "
                          "(\"keep\"), or sets its record aside (\"reject\")");
    for (enum misfit kind = 0; kind < MISFIT_KINDS; kind++)
        if (SAYS(object, kind) && !meets_in_mapping(mapping, kind))
            return refuse(place, kind, error);
    return true;
}

bool project_check_misfits(const struct project *project, const cJSON *every,
                           const struct json_place *place, struct error *error)
{
    for (enum misfit kind = 0; kind < MISFIT_KINDS; kind++)
        if (SAYS(every, kind) && !meets_in_project(project, kind))
            return refuse(place, kind, error);
    return true;
}
