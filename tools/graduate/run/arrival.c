#include "arrival.h"
#include "figures.h"
#include "member.h"

#include "graduate/fate.h"
#include "graduate/function.h"

#include <string.h>

/* Is a row of the table that was there updated in some of its columns only? */
static bool is_updated_in_part(const struct project *project, const char *label)
{
    for (size_t i = 0; project != NULL && i < project->mapping_count; i++)
        for (size_t t = 0; t < project->mappings[i]->table_count; t++) {
            const struct mapping_table *table = &project->mappings[i]->tables[t];
            if (strcmp(table->label, label) == 0)
                return table->updates.count > 0;
        }
    return false;
}

struct arrival arrival_of(const cJSON *entities, const cJSON *paths, const cJSON *objects,
                          const cJSON *tables, const struct project *project)
{
    struct arrival arrival = {
        .read = member_sum(entities, "read"),
        .loaded = member_sum(entities, "loaded") + member_sum(entities, "retried"),
        .retried = member_sum(entities, "retried"),
        .filtered = member_sum(entities, "filtered"),
        .rejected = member_sum(entities, "rejected"),
        .elements = member_sum(paths, "elements") - member_sum(paths, "taken"),
        .dropped = member_sum(paths, "dropped"),
        .compared = member_sum(paths, "compared"),
        .kept_out = member_sum(paths, "kept_out"),
        .lost = member_sum(paths, "lost"),
        .emptied = member_sum(paths, fate_names[FATE_EMPTIED]),
        .computed = member_sum(paths, fate_names[FATE_BY_SQL]),
        .collections = project != NULL ? (int64_t)project->left_out_count : 0,
    };
    for (size_t i = 0; i < FUNCTION_COUNT; i++)
        if (mapping_functions[i].in_part)
            arrival.in_part += member_sum(paths, fate_names[FATE_BY_FUNCTION + i]);
    const cJSON *object, *table;
    cJSON_ArrayForEach(object, objects)
    {
        arrival.objects += strcmp(member_text(object, "fate"), "not kept") == 0;
    }
    cJSON_ArrayForEach(table, tables)
    {
        arrival.stayed += member_count(table, "skipped");
        if (is_updated_in_part(project, member_text(table, "table")))
            arrival.stayed += member_count(table, "updated");
    }
    return arrival;
}

static int64_t count_of(const struct arrival *arrival, enum arrival_part part)
{
    const int64_t counts[ARRIVAL_PARTS] = {
        [ARRIVAL_FILTERED] = arrival->filtered, [ARRIVAL_REJECTED] = arrival->rejected,
        [ARRIVAL_ELEMENTS] = arrival->elements, [ARRIVAL_DROPPED] = arrival->dropped,
        [ARRIVAL_COMPARED] = arrival->compared, [ARRIVAL_KEPT_OUT] = arrival->kept_out,
        [ARRIVAL_LOST] = arrival->lost,         [ARRIVAL_EMPTIED] = arrival->emptied,
        [ARRIVAL_IN_PART] = arrival->in_part,   [ARRIVAL_COLLECTIONS] = arrival->collections,
        [ARRIVAL_OBJECTS] = arrival->objects,   [ARRIVAL_STAYED] = arrival->stayed,
        [ARRIVAL_COMPUTED] = arrival->computed,
    };
    return counts[part];
}

bool arrival_is_whole(const struct arrival *arrival)
{
    for (enum arrival_part part = 0; part < ARRIVAL_PARTS; part++)
        if (count_of(arrival, part) != 0)
            return false;
    return true;
}

bool arrival_put_part(const struct arrival *arrival, enum arrival_part part, struct buffer *out)
{
    static const struct {
        const char *one, *many, *how;
    } words[ARRIVAL_PARTS] = {
        [ARRIVAL_FILTERED] = {"record", "records", "left out by rules"},
        [ARRIVAL_REJECTED] = {"record", "records", "rejected"},
        [ARRIVAL_ELEMENTS] = {"element", "elements", "left out by rules"},
        [ARRIVAL_DROPPED] = {"value", "values", "dropped by name"},
        [ARRIVAL_COMPARED] = {"value", "values", "that only conditions read"},
        [ARRIVAL_KEPT_OUT] = {"value", "values", "kept out by conditions"},
        [ARRIVAL_LOST] = {"value", "values", "lost by rules, each with a line"},
        [ARRIVAL_EMPTIED] = {"value", "values", "of which a function or \"map\" made nothing"},
        [ARRIVAL_IN_PART] = {"value", "values", "of which a function took a part"},
        [ARRIVAL_COMPUTED] = {"value", "values", "of which the source made others by \"sql\""},
        [ARRIVAL_STAYED] = {"row", "rows", "that were there and stayed, in all or some columns"},
        [ARRIVAL_COLLECTIONS] = {"collection or table", "collections and tables",
                                 "left out by name"},
        [ARRIVAL_OBJECTS] = {"object", "objects", "of the sources' catalogs not kept"},
    };
    int64_t count = count_of(arrival, part);
    char figure[FIGURE_SIZE];
    if (count != 0)
        buffer_printf(out, "%s %s %s", figure_count(count, figure),
                      count == 1 ? words[part].one : words[part].many, words[part].how);
    return count != 0;
}

bool arrival_put_retried(const struct arrival *arrival, struct buffer *out)
{
    char figure[FIGURE_SIZE];
    if (arrival->retried == 0)
        return false;
    buffer_printf(out, "%s %s corrected by hand, %s from the source",
                  figure_count(arrival->retried, figure),
                  arrival->retried == 1 ? "record as it was" : "records as they were",
                  arrival->retried == 1 ? "which differs" : "which differ");
    return true;
}

void arrival_put(const struct arrival *arrival, struct buffer *out)
{
    char figures[2][FIGURE_SIZE];
    const char *between = "; left behind, as asked: ";
    buffer_printf(out, "%s %s read, %s loaded", figure_count(arrival->read, figures[0]),
                  arrival->read == 1 ? "record" : "records",
                  figure_count(arrival->loaded, figures[1]));
    if (arrival->retried != 0) {
        buffer_puts(out, ", of them ");
        arrival_put_retried(arrival, out);
    }
    for (enum arrival_part part = 0; part < ARRIVAL_PARTS; part++) {
        if (count_of(arrival, part) == 0)
            continue;
        buffer_puts(out, between);
        arrival_put_part(arrival, part, out);
        between = ", ";
    }
}
