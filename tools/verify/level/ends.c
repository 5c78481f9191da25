#include "ends.h"

#include "extractor.h"
#include "graduate/file.h"
#include "graduate/json.h"
#include "graduate/path.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 64 << 10 };

/* ---- the sources ------------------------------------------------------------------------------
 */

static bool read_output(int fd, struct buffer *text, struct error *error)
{
    size_t got = PIECE;
    while (got == PIECE) {
        uint8_t *to = buffer_reserve(text, PIECE);
        if (to == NULL)
            return buffer_ok(text, error);
        if (!file_read_full(fd, "graduate-extract", to, PIECE, &got, error))
            return false;
        text->length += got;
    }
    return true;
}

static bool ask_source(const struct verification *verification, const struct source *source,
                       cJSON **counted, struct error *error)
{
    const char *const arguments[] = {
        "--project", verification->project->folder, "--source", source->name,
        "--stall",   verification->stall,           "--count",  NULL};
    struct extractor extractor;
    struct buffer text;
    if (!extractor_start(&extractor, arguments, error))
        return false;
    buffer_init(&text);
    bool ok = read_output(extractor.output, &text, error) && extractor_end(&extractor, error) &&
              json_parse(buffer_text(&text), text.length, "graduate-extract", counted, error);
    buffer_release(&text);
    extractor_stop(&extractor);
    return ok;
}

bool ends_init(struct ends *ends, struct inspection *inspection, struct error *error)
{
    const struct project *project = inspection->verification->project;
    *ends = (struct ends){inspection, calloc(project->source_count + 1, sizeof *ends->counted),
                          calloc(project->mapping_count + 1, sizeof *ends->records)};
    if (ends->counted == NULL || ends->records == NULL)
        return error_memory(error);
    for (size_t i = 0; i < project->mapping_count; i++)
        ends->records[i] = -1;
    return true;
}

void ends_release(struct ends *ends)
{
    const struct inspection *inspection = ends->inspection;
    for (size_t i = 0; ends->counted != NULL && i < inspection->verification->project->source_count;
         i++)
        cJSON_Delete(ends->counted[i]);
    free(ends->counted);
    free(ends->records);
}

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* The object of the array whose member `name` is that text, or NULL. */
static const cJSON *find(const cJSON *array, const char *name, const char *text)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        const char *its = cJSON_GetStringValue(member(item, name));
        if (its != NULL && strcmp(its, text) == 0)
            return item;
    }
    return NULL;
}

static bool get_count(const cJSON *object, const char *name, int64_t *count)
{
    const cJSON *number = member(object, name);
    *count = cJSON_IsNumber(number) ? (int64_t)number->valuedouble : -1;
    return *count >= 0;
}

static const cJSON *find_entity(const struct ends *ends, const struct mapping *entity)
{
    const struct project *project = ends->inspection->verification->project;
    const cJSON *source = ends->counted[entity->source - project->sources];
    return find(member(source, "entities"), "entity", entity->name);
}

/* Most messages name the source themselves. */
static void tell_doubt(struct inspection *inspection, const char *source, const char *message)
{
    bool named = strstr(message, source) != NULL;
    inspection_doubt(inspection, "%s%s%s", named ? "" : source, named ? "" : ": ", message);
}

void ends_ask(struct ends *ends)
{
    const struct verification *verification = ends->inspection->verification;
    const struct project *project = verification->project;
    for (size_t i = 0; i < project->source_count; i++) {
        struct error why = {0};
        if (!ask_source(verification, &project->sources[i], &ends->counted[i], &why))
            tell_doubt(ends->inspection, project->sources[i].name, why.message);
    }
    for (size_t i = 0; i < project->mapping_count; i++)
        get_count(find_entity(ends, project->mappings[i]), "records", &ends->records[i]);
}

int64_t *ends_records(const struct ends *ends, const struct mapping *entity)
{
    const struct project *project = ends->inspection->verification->project;
    size_t i = 0;
    while (project->mappings[i] != entity)
        i++;
    return &ends->records[i];
}

static bool count_elements(const struct ends *ends, const struct mapping *entity, const char *path,
                           int64_t *elements)
{
    const cJSON *arrays = member(find_entity(ends, entity), "arrays");
    return get_count(find(arrays, "path", path), "elements", elements);
}

/* ---- which numbers must be the same -----------------------------------------------------------
 */

static bool is_filtered(const struct mapping *entity)
{
    for (size_t t = 0; t < entity->table_count; t++)
        if (strcmp(entity->tables[t].label, entity->tables[0].label) == 0 &&
            entity->tables[t].when.count == 0)
            return false;
    return true;
}

/* Does the table have rows of this form alone, and of all that it is made of? */
static bool follows(const struct project *project, const struct mapping *entity,
                    const struct mapping_table *form)
{
    size_t forms = 0;
    if (form->each != NULL && (entity->rejects || entity->refusable))
        return false; /* a record that is set aside, or corrected, has other elements */
    for (size_t i = 0; form->each != NULL && i < entity->rule_count; i++)
        if (entity->rules[i].each != NULL && path_below(form->each, entity->rules[i].each) != NULL)
            return false; /* what is left out takes what is inside along */
    for (size_t t = 0; form->each != NULL && t < entity->table_count; t++) {
        const struct mapping_table *other = &entity->tables[t];
        bool around = other->each != NULL && (strcmp(other->each, form->each) == 0 ||
                                              path_below(form->each, other->each) != NULL);
        if (around && (mapping_remedy(&other->misfits, MISFIT_NO_ARRAY) == REMEDY_MEND ||
                       mapping_remedy(&other->misfits, MISFIT_ROW_TWICE) == REMEDY_MEND))
            return false; /* what is no array has a row, or an element has none */
    }
    for (size_t i = 0; i < project->mapping_count; i++)
        for (size_t t = 0; t < project->mappings[i]->table_count; t++)
            forms += strcmp(project->mappings[i]->tables[t].label, form->label) == 0;
    return forms == 1 && form->if_there == IF_THERE_FAIL && form->when.count == 0 &&
           !is_filtered(entity);
}

/* ---- side by side -----------------------------------------------------------------------------
 */

struct pair {
    const struct mapping *entity;
    const struct mapping_table *form;
    int64_t counted; /* -1: not known */
    int64_t before, present, loaded;
    bool follows;
};

static bool put_number(cJSON *json, const char *name, int64_t number)
{
    return (number >= 0 ? cJSON_AddNumberToObject(json, name, (double)number)
                        : cJSON_AddNullToObject(json, name)) != NULL;
}

static bool tell_pair(const struct ends *ends, const struct pair *pair, struct error *error)
{
    char source[256];
    const char *each = pair->form->each;
    cJSON *array =
        cJSON_GetObjectItemCaseSensitive(ends->inspection->verification->verdict.json, "ends");
    cJSON *json = cJSON_CreateObject();
    snprintf(source, sizeof source, "%s.%s", pair->entity->source->name, pair->entity->from);
    bool ok = cJSON_AddItemToArray(array, json) &&
              cJSON_AddStringToObject(json, "entity", pair->entity->name) != NULL &&
              cJSON_AddStringToObject(json, "source", source) != NULL &&
              cJSON_AddStringToObject(json, "array", each != NULL ? each : "") != NULL &&
              put_number(json, "counted", pair->counted) &&
              cJSON_AddStringToObject(json, "table", pair->form->label) != NULL &&
              put_number(json, "before", pair->before) &&
              put_number(json, "present", pair->present) &&
              cJSON_AddBoolToObject(json, "follows", pair->follows) != NULL;
    return ok ? true : error_memory(error);
}

/* Beside a ledger the records were held against it already, and the rows, too: only what arrays
 * hold is new. */
static bool compare_pair(const struct ends *ends, const struct pair *pair, struct error *error)
{
    const char *what = pair->form->each != NULL ? pair->form->each : "records";
    int64_t rows = pair->loaded >= 0 ? pair->loaded : pair->present - pair->before;
    if (pair->present < 0) /* why, has been told */
        return true;
    if (pair->loaded < 0 && !pair->follows) {
        inspection_doubt(ends->inspection,
                         "how many rows of %s the records make only the level of content knows",
                         pair->form->label);
        return true;
    }
    if (!pair->follows || pair->counted < 0 || pair->counted == rows ||
        (pair->loaded >= 0 && pair->form->each == NULL))
        return true;
    return inspection_find(ends->inspection, "count", pair->form->label, NULL, error,
                           "%" PRId64 " rows %s, and %s.%s has %" PRId64 " %s%s", rows,
                           pair->loaded >= 0 ? "were loaded" : "are there",
                           pair->entity->source->name, pair->entity->from, pair->counted,
                           pair->form->each != NULL ? "elements in " : "", what);
}

static bool tell_form(const struct ends *ends, const struct mapping *entity,
                      const struct mapping_table *form, int64_t loaded, struct error *error)
{
    struct verification *verification = ends->inspection->verification;
    cJSON *tables = cJSON_GetObjectItemCaseSensitive(verification->verdict.json, "tables");
    const cJSON *table = find(tables, "table", form->label);
    struct pair pair = {.entity = entity,
                        .form = form,
                        .loaded = loaded,
                        .follows = follows(verification->project, entity, form)};
    get_count(table, "before", &pair.before);
    get_count(table, "present", &pair.present);
    if (form->each != NULL)
        count_elements(ends, entity, form->each, &pair.counted);
    else
        pair.counted = *ends_records(ends, entity);
    return tell_pair(ends, &pair, error) && compare_pair(ends, &pair, error);
}

bool ends_tell(const struct ends *ends, int64_t (*loaded)(const void *context, const char *table),
               const void *context, struct error *error)
{
    const struct project *project = ends->inspection->verification->project;
    bool ok = true;
    for (size_t i = 0; ok && i < project->mapping_count; i++) {
        const struct mapping *entity = project->mappings[i];
        for (size_t t = 0; ok && t < entity->table_count; t++) {
            const struct mapping_table *form = &entity->tables[t];
            bool told = false; /* another form of the same table is no other pair */
            for (size_t u = 0; u < t; u++)
                told = told || strcmp(entity->tables[u].label, form->label) == 0;
            ok = told || tell_form(ends, entity, form, loaded(context, form->label), error);
        }
    }
    return ok;
}
