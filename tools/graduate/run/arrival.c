#include "arrival.h"
#include "figures.h"
#include "member.h"

#include <string.h>

struct arrival arrival_of(const cJSON *entities, const cJSON *paths, const cJSON *objects,
                          const struct project *project)
{
    struct arrival arrival = {
        .read = member_sum(entities, "read"),
        .loaded = member_sum(entities, "loaded"),
        .filtered = member_sum(entities, "filtered"),
        .rejected = member_sum(entities, "rejected"),
        .elements = member_sum(paths, "elements") - member_sum(paths, "taken"),
        .dropped = member_sum(paths, "dropped"),
        .kept_out = member_sum(paths, "kept_out"),
        .lost = member_sum(paths, "lost"),
        .collections = project != NULL ? (int64_t)project->left_out_count : 0,
    };
    const cJSON *object;
    cJSON_ArrayForEach(object, objects)
    {
        arrival.objects += strcmp(member_text(object, "fate"), "not kept") == 0;
    }
    return arrival;
}

bool arrival_is_whole(const struct arrival *a)
{
    return a->filtered == 0 && a->rejected == 0 && a->elements == 0 && a->dropped == 0 &&
           a->kept_out == 0 && a->lost == 0 && a->collections == 0 && a->objects == 0;
}

void arrival_put(const struct arrival *arrival, struct buffer *out)
{
    const struct {
        int64_t count;
        const char *one, *many, *how;
    } rows[] = {
        {arrival->filtered, "record", "records", "left out by rules"},
        {arrival->rejected, "record", "records", "rejected"},
        {arrival->elements, "element", "elements", "left out by rules"},
        {arrival->dropped, "value", "values", "dropped by name"},
        {arrival->kept_out, "value", "values", "kept out by conditions"},
        {arrival->lost, "value", "values", "lost by rules, each with a line"},
        {arrival->collections, "collection or table", "collections and tables", "left out by name"},
        {arrival->objects, "object", "objects", "of the sources' catalogs not kept"},
    };
    char figures[2][FIGURE_SIZE];
    const char *between = "; left behind, as asked: ";
    buffer_printf(out, "%s records read, %s loaded", figure_count(arrival->read, figures[0]),
                  figure_count(arrival->loaded, figures[1]));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].count == 0)
            continue;
        buffer_printf(out, "%s%s %s %s", between, figure_count(rows[i].count, figures[0]),
                      rows[i].count == 1 ? rows[i].one : rows[i].many, rows[i].how);
        between = ", ";
    }
}
