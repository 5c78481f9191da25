/* What is done with what does not fit: a kind of misfit, and its remedy. */
#include "reading.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const misfit_words[] = {"no_array", "row_twice"};
enum { COLUMN_MISFITS = 1 }; /* of them */
static const char *const no_array_remedies[] = {"error", "list"};
static const char *const row_twice_remedies[] = {"error", "first"};

bool mapping_read_misfits(struct reading *r, const cJSON *object, const struct json_place *place,
                          bool of_table, struct remedies *out)
{
    const cJSON *misfit = cJSON_GetObjectItemCaseSensitive(object, "misfit");
    struct json_place here = {place, "misfit", 0};
    const char *no_array = "", *row_twice = "";
    if (misfit == NULL)
        return true;
    if (!cJSON_IsObject(misfit) || misfit->child == NULL)
        return json_error(r->error, &here,
                          "this must be an object of misfits and their remedies, as "
                          "{\"no_array\": \"list\"}, and is %s",
                          json_kind(misfit));
    if (!json_only(misfit, &here, misfit_words, of_table ? COUNT(misfit_words) : COLUMN_MISFITS,
                   r->error) ||
        !reading_choice(r, misfit, &here, "no_array", no_array_remedies, COUNT(no_array_remedies),
                        &no_array) ||
        !reading_choice(r, misfit, &here, "row_twice", row_twice_remedies,
                        COUNT(row_twice_remedies), &row_twice))
        return false;
    out->no_array_list = strcmp(no_array, "list") == 0;
    out->row_twice_first = strcmp(row_twice, "first") == 0;
    return true;
}
