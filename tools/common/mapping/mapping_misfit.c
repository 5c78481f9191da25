/* What is done with what does not fit: a kind of misfit, and its remedy. */
#include "reading.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const column_misfits[] = {"no_array", "nul", "too_long", "rounding", "other"};
static const char *const table_misfits[] = {"no_array", "row_twice"};
static const char *const no_array_remedies[] = {"error", "list"};
static const char *const row_twice_remedies[] = {"error", "first"};
/* In the order of enum remedy, but for the kind's own word, which comes last. */
static const char *const nul_remedies[] = {"error", "null", "default", "strip"};
static const char *const too_long_remedies[] = {"error", "null", "default", "cut"};
static const char *const rounding_remedies[] = {"error", "null", "default", "round"};
static const char *const other_remedies[] = {"error", "null", "default"};

static bool read_remedy(struct reading *r, const cJSON *misfit, const struct json_place *place,
                        const char *key, const char *const *words, size_t count,
                        enum remedy *remedy)
{
    static const enum remedy meant[] = {REMEDY_ERROR, REMEDY_NULL, REMEDY_DEFAULT, REMEDY_MEND};
    const char *word = words[0];
    size_t i = 0;
    if (!reading_choice(r, misfit, place, key, words, count, &word))
        return false;
    while (strcmp(words[i], word) != 0)
        i++;
    if (cJSON_HasObjectItem(misfit, key))
        *remedy = meant[i];
    return true;
}

/* One word for all kinds of a column. */
static bool read_word(struct reading *r, const cJSON *misfit, const struct json_place *place,
                      struct remedies *out)
{
    for (size_t i = 0; i < COUNT(other_remedies); i++)
        if (strcmp(other_remedies[i], misfit->valuestring) == 0) {
            static const enum remedy meant[] = {REMEDY_ERROR, REMEDY_NULL, REMEDY_DEFAULT};
            out->nul = out->too_long = out->rounding = out->other = meant[i];
            return true;
        }
    return reading_wrong_word(r, place, misfit->valuestring, other_remedies, COUNT(other_remedies));
}

static bool read_kinds(struct reading *r, const cJSON *misfit, const struct json_place *here,
                       bool of_table, struct remedies *out)
{
    const char *no_array = "", *row_twice = "";
    if (!json_only(misfit, here, of_table ? table_misfits : column_misfits,
                   of_table ? COUNT(table_misfits) : COUNT(column_misfits), r->error) ||
        !reading_choice(r, misfit, here, "no_array", no_array_remedies, COUNT(no_array_remedies),
                        &no_array) ||
        !reading_choice(r, misfit, here, "row_twice", row_twice_remedies, COUNT(row_twice_remedies),
                        &row_twice))
        return false;
    out->no_array_list = strcmp(no_array, "list") == 0;
    out->row_twice_first = strcmp(row_twice, "first") == 0;
    return read_remedy(r, misfit, here, "nul", nul_remedies, COUNT(nul_remedies), &out->nul) &&
           read_remedy(r, misfit, here, "too_long", too_long_remedies, COUNT(too_long_remedies),
                       &out->too_long) &&
           read_remedy(r, misfit, here, "rounding", rounding_remedies, COUNT(rounding_remedies),
                       &out->rounding) &&
           read_remedy(r, misfit, here, "other", other_remedies, COUNT(other_remedies),
                       &out->other);
}

bool mapping_read_misfits(struct reading *r, const cJSON *object, const struct json_place *place,
                          bool of_table, struct remedies *out)
{
    const cJSON *misfit = cJSON_GetObjectItemCaseSensitive(object, "misfit");
    struct json_place here = {place, "misfit", 0};
    if (misfit == NULL)
        return true;
    bool word = cJSON_IsString(misfit) && !of_table;
    if (!word && (!cJSON_IsObject(misfit) || misfit->child == NULL))
        return json_error(r->error, &here,
                          "this must be an object of misfits and their remedies, as "
                          "{\"no_array\": \"list\"}, and is %s",
                          json_kind(misfit));
    if (!(word ? read_word(r, misfit, &here, out) : read_kinds(r, misfit, &here, of_table, out)))
        return false;
    bool falls_back = out->nul == REMEDY_DEFAULT || out->too_long == REMEDY_DEFAULT ||
                      out->rounding == REMEDY_DEFAULT || out->other == REMEDY_DEFAULT;
    return !falls_back || cJSON_HasObjectItem(object, "default") ||
           json_error(r->error, &here, "the column has no \"default\" that could stand in");
}

bool mapping_has_remedies(const struct mapping_column *column)
{
    const struct remedies *remedies = &column->misfits;
    return remedies->nul != REMEDY_ERROR || remedies->too_long != REMEDY_ERROR ||
           remedies->rounding != REMEDY_ERROR || remedies->other != REMEDY_ERROR;
}
