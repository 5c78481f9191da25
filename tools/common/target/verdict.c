#include "graduate/verdict.h"
#include "graduate/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { VERSION = 1 };

const char *const verdict_level_names[LEVEL_COUNT] = {"counts", "content", "references",
                                                      "supabase", "access"};
const char *const verdict_names[4] = {"holds", "differs", "unchecked", "skipped"};

/* Every kind of finding that there is: mappings/verdict.schema.json lists the same. */
static const char *const kinds[] = {
    "missing",       "extra",        "different",    "duplicated",
    "misplaced",     "no table",     "no column",    "type",
    "null allowed",  "no default",   "no check",     "count",
    "orphan",        "no reference", "no key",       "no index",
    "sequence",      "no policy",    "extra policy", "row security",
    "grant",         "auth",         "values",       "extra check",
    "extra default", "extra key",    "extra index",  "extra reference",
    "trigger",       "rule",         "shape",        "owner",
    "exposed",       "object",       "access",
};

static bool is_kind(const char *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

static cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static cJSON *level_of(const struct verdict_file *file, enum verdict_level level)
{
    return cJSON_GetArrayItem(member(file->json, "levels"), (int)level);
}

/* cJSON takes an item only if it is there, and leaves it the caller's if it does not. */
static bool append(cJSON *array, cJSON *item)
{
    if (item != NULL && cJSON_AddItemToArray(array, item))
        return true;
    cJSON_Delete(item);
    return false;
}

static bool add_levels(cJSON *json)
{
    cJSON *levels = cJSON_AddArrayToObject(json, "levels");
    for (size_t i = 0; i < LEVEL_COUNT; i++) {
        cJSON *level = cJSON_CreateObject();
        if (cJSON_AddStringToObject(level, "level", verdict_level_names[i]) == NULL ||
            cJSON_AddStringToObject(level, "verdict", verdict_names[VERDICT_SKIPPED]) == NULL ||
            cJSON_AddStringToObject(level, "reason", "not asked for") == NULL ||
            cJSON_AddNumberToObject(level, "seconds", 0) == NULL ||
            cJSON_AddNumberToObject(level, "checks", 0) == NULL ||
            cJSON_AddNumberToObject(level, "findings", 0) == NULL) {
            cJSON_Delete(level);
            return false;
        }
        if (!append(levels, level))
            return false;
    }
    return true;
}

bool verdict_init(struct verdict_file *file, const char *project, const struct verdict_run *run,
                  int64_t limit, struct error *error)
{
    static const char *const later[] = {"fingerprint", "source", "started", "finished", "target"};
    static const char *const arrays[] = {"entities", "tables", "ends", "paths", "findings"};
    *file = (struct verdict_file){.json = cJSON_CreateObject(), .limit = limit};
    cJSON *json = file->json;
    bool ok = cJSON_AddNumberToObject(json, "version", VERSION) != NULL &&
              cJSON_AddStringToObject(json, "graduate", GRADUATE_VERSION) != NULL &&
              cJSON_AddStringToObject(json, "project", project) != NULL &&
              cJSON_AddStringToObject(json, "run", run->run) != NULL &&
              cJSON_AddNumberToObject(json, "generation", (double)run->generation) != NULL &&
              cJSON_AddStringToObject(json, "run_finished", run->finished) != NULL;
    for (size_t i = 0; ok && i < sizeof later / sizeof later[0]; i++)
        ok = cJSON_AddStringToObject(json, later[i], "") != NULL;
    ok = ok && add_levels(json);
    for (size_t i = 0; ok && i < sizeof arrays / sizeof arrays[0]; i++)
        ok = cJSON_AddArrayToObject(json, arrays[i]) != NULL;
    if (ok)
        return true;
    verdict_release(file);
    return error_memory(error);
}

void verdict_release(struct verdict_file *file)
{
    cJSON_Delete(file->json);
    file->json = NULL;
}

bool verdict_put_text(cJSON *object, const char *name, const char *text, struct error *error)
{
    cJSON *item = cJSON_CreateString(text);
    if (item != NULL && cJSON_ReplaceItemInObjectCaseSensitive(object, name, item))
        return true;
    cJSON_Delete(item);
    return error_memory(error);
}

bool verdict_put_number(cJSON *object, const char *name, double number, struct error *error)
{
    cJSON *item = cJSON_CreateNumber(number);
    if (item != NULL && cJSON_ReplaceItemInObjectCaseSensitive(object, name, item))
        return true;
    cJSON_Delete(item);
    return error_memory(error);
}

cJSON *verdict_table(struct verdict_file *file, const char *table)
{
    static const char *const numbers[] = {"before", "expected",  "present",    "missing",
                                          "extra",  "different", "duplicated", "misplaced"};
    cJSON *tables = member(file->json, "tables"), *entry;
    cJSON_ArrayForEach(entry, tables)
    {
        if (strcmp(cJSON_GetStringValue(member(entry, "table")), table) == 0)
            return entry;
    }
    entry = cJSON_CreateObject();
    bool ok = cJSON_AddStringToObject(entry, "table", table) != NULL;
    for (size_t i = 0; ok && i < sizeof numbers / sizeof numbers[0]; i++)
        ok = cJSON_AddNumberToObject(entry, numbers[i], 0) != NULL;
    if (!ok) {
        cJSON_Delete(entry);
        return NULL;
    }
    return append(tables, entry) ? entry : NULL;
}

bool verdict_count(struct verdict_file *file, enum verdict_level level, int64_t findings,
                   struct error *error)
{
    cJSON *entry = level_of(file, level);
    double before = cJSON_GetNumberValue(member(entry, "findings"));
    return verdict_put_number(entry, "findings", before + (double)findings, error);
}

static bool keep(struct verdict_file *file, enum verdict_level level, const char *kind,
                 const char *table, const char *key, cJSON *columns, const char *text)
{
    cJSON *finding = cJSON_CreateObject();
    bool ok = cJSON_AddStringToObject(finding, "level", verdict_level_names[level]) != NULL &&
              cJSON_AddStringToObject(finding, "kind", kind) != NULL &&
              cJSON_AddStringToObject(finding, "table", table != NULL ? table : "") != NULL &&
              cJSON_AddStringToObject(finding, "key", key != NULL ? key : "") != NULL;
    if (columns == NULL)
        columns = cJSON_CreateArray();
    if (!ok || !cJSON_AddItemToObject(finding, "columns", columns)) {
        cJSON_Delete(columns);
        cJSON_Delete(finding);
        return false;
    }
    if (cJSON_AddStringToObject(finding, "text", text) == NULL) {
        cJSON_Delete(finding);
        return false;
    }
    return append(member(file->json, "findings"), finding);
}

/* What was cut off may have been cut inside a character, and a verdict is UTF-8. */
static void mend_end(char *text, size_t size)
{
    size_t length = strlen(text);
    if (length + 1 < size)
        return;
    while (length > 0 && ((unsigned char)text[length - 1] & 0xC0) == 0x80)
        length--;
    text[length > 0 ? length - 1 : 0] = '\0';
}

bool verdict_find(struct verdict_file *file, enum verdict_level level, const char *kind,
                  const char *table, const char *key, cJSON *columns, struct error *error,
                  const char *format, ...)
{
    if (!is_kind(kind) || !verdict_count(file, level, 1, error)) {
        cJSON_Delete(columns);
        return is_kind(kind)
                   ? false
                   : error_set(error, ERROR_BUG, "there is no finding of kind \"%s\"", kind);
    }
    if (file->kept[level] >= file->limit) {
        cJSON_Delete(columns);
        return true;
    }
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    mend_end(text, sizeof text);
    file->kept[level]++;
    return keep(file, level, kind, table, key, columns, text) ? true : error_memory(error);
}

bool verdict_close(struct verdict_file *file, enum verdict_level level, int64_t checks,
                   double seconds, const char *reason, struct error *error)
{
    cJSON *entry = level_of(file, level);
    bool found = cJSON_GetNumberValue(member(entry, "findings")) > 0;
    bool unchecked = reason != NULL && reason[0] != '\0';
    enum verdict verdict = found ? VERDICT_DIFFERS : unchecked ? VERDICT_UNCHECKED : VERDICT_HOLDS;
    return verdict_put_text(entry, "verdict", verdict_names[verdict], error) &&
           verdict_put_text(entry, "reason", unchecked ? reason : "", error) &&
           verdict_put_number(entry, "checks", (double)checks, error) &&
           verdict_put_number(entry, "seconds", seconds, error);
}

bool verdict_remark(struct verdict_file *file, enum verdict_level level, const char *text,
                    struct error *error)
{
    cJSON *entry = level_of(file, level);
    const char *reason = cJSON_GetStringValue(member(entry, "reason"));
    struct buffer both;
    buffer_init(&both);
    buffer_printf(&both, "%s%s%s", reason, reason[0] != '\0' && text[0] != '\0' ? "; " : "", text);
    bool ok =
        buffer_ok(&both, error) && verdict_put_text(entry, "reason", buffer_text(&both), error);
    buffer_release(&both);
    return ok;
}

int verdict_exit_code(const struct verdict_file *file)
{
    bool seen[sizeof verdict_names / sizeof verdict_names[0]] = {false};
    const cJSON *level;
    cJSON_ArrayForEach(level, member(file->json, "levels"))
    {
        const char *verdict = cJSON_GetStringValue(member(level, "verdict"));
        for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++)
            seen[i] = seen[i] || strcmp(verdict, verdict_names[i]) == 0;
    }
    return seen[VERDICT_DIFFERS] ? 1 : seen[VERDICT_UNCHECKED] ? 5 : 0;
}
