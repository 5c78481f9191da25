/* Functions of the source's own that defaults and checks call. */
#include "kept_function.h"
#include "output.h"
#include "retarget.h"

#include <stdio.h>
#include <string.h>

/* The first of them that is not there when the table is made; else *why is NULL. */
static bool find_lacking(const struct resolving *r, const struct catalog_names *calls,
                         const char **function, const char **why)
{
    const struct kept_objects objects = {r->schema, r->source, r->arena, r->error};
    *why = NULL;
    for (size_t i = 0; *why == NULL && i < calls->count; i++) {
        *function = calls->items[i];
        if (!kept_function_is_called(&objects, *function, why))
            return false;
    }
    return true;
}

static bool all_come(struct resolving *r, const struct schema_output *output, const char *column,
                     const char *what, const struct catalog_names *calls)
{
    const char *function = NULL, *why;
    if (!find_lacking(r, calls, &function, &why))
        return false;
    if (why == NULL)
        return true;
    error_set(r->error, ERROR_USAGE, "%s: /to/%s%s%s: %s calls the source's own function %s, %s",
              output->entity->file, output->table->label, column != NULL ? "/columns/" : "",
              column != NULL ? column : "", what, function, why);
    return error_hint(r->error, "give the column another default by \"sql_default\", and the table "
                                "another check of that name by \"checks\"");
}

static bool defaults_come(struct resolving *r, const struct schema_output *output)
{
    for (size_t c = 0; c < output->column_count; c++) {
        const struct schema_column *column = &output->columns[c];
        const struct catalog_column *from =
            column->source_column >= 0 ? &r->catalog->columns[column->source_column] : NULL;
        bool kept = from != NULL && from->default_sql != NULL && column->default_sql != NULL &&
                    !column->identity &&
                    (column->mapping == NULL || column->mapping->sql_default == NULL);
        if (kept && !all_come(r, output, from->name, "the default", &from->calls))
            return false;
    }
    return true;
}

static bool checks_come(struct resolving *r, const struct schema_output *output)
{
    for (size_t i = 0; i < r->catalog->check_count; i++) {
        const struct catalog_check *check = &r->catalog->checks[i];
        bool replaced = !retarget_is_there(output, r->catalog, &check->made_of);
        for (size_t k = 0; k < output->table->check_count; k++)
            replaced = replaced || strcmp(output->table->checks[k].name, check->name) == 0;
        char what[160];
        snprintf(what, sizeof what, "the check %.100s", check->name);
        if (!replaced &&
            !all_come(r, output, check->made_of.count == 1 ? check->made_of.items[0] : NULL, what,
                      &check->calls))
            return false;
    }
    return true;
}

bool output_check_calls(struct resolving *r, const struct schema_output *output)
{
    if (!output->table->keep_shape || !output_is_made(r->schema, output) || r->catalog == NULL ||
        r->source == NULL)
        return true;
    return defaults_come(r, output) && checks_come(r, output);
}
