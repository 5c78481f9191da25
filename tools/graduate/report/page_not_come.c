/* What did not come, and why: records, elements, values, collections, objects, services. */
#include "html.h"
#include "member.h"
#include "page.h"

#include <stdio.h>

enum { LONG = 20 }; /* tables with more rows are folded */

/* ---- records, elements and values --------------------------------------------------------------
 */

static const struct html_column by_reason[] = {
    {HTML_NAME, "entity", "entity"},
    {HTML_COUNT, "records", "count"},
    {HTML_DATA, "why", "reason"},
};
static const struct html_column rejected_columns[] = {
    {HTML_NAME, "entity", "entity"},
    {HTML_FAULT, "records", "count"},
};
static const struct html_column element_columns[] = {
    {HTML_NAME, "entity", "entity"},
    {HTML_DATA, "array", "path"},
    {HTML_COUNT, "elements", "count"},
    {HTML_DATA, "why", "reason"},
};
static const struct html_column value_columns[] = {
    {HTML_NAME, "entity", "entity"},
    {HTML_DATA, "field", "path"},
    {HTML_COUNT, "values", "count"},
    {HTML_DATA, "why", "reason"},
};
#define COLUMNS(name) name, sizeof name / sizeof name[0]

/* In the order of the page; a kind of which there is none has no part. */
static const struct {
    const char *member, *id, *title, *words, *caption;
    const struct html_column *columns;
    size_t column_count;
} parts[] = {
    {"filtered", "filtered", "Filtered: records left out by rules",
     "A record is filtered where its table's condition does not hold, or a rule of the mapping "
     "leaves "
     "it out, for the reason that is given there.",
     "Filtered records, with the reasons of their entity's table and rules", COLUMNS(by_reason)},
    {"rejected", "rejected", "Rejected records",
     "A record is rejected where it does not fit, and was set aside.", "Rejected records",
     COLUMNS(rejected_columns)},
    {"elements", "elements", "Elements left out by rules",
     "An element of an array is left out, with all its values, where a rule of the mapping says "
     "so.",
     "Elements that no table took, with the reasons of their array's rules",
     COLUMNS(element_columns)},
    {"dropped", "dropped", "Dropped by name",
     "A value is dropped where the mapping names its field under \"drop\": it is nowhere in the "
     "target.",
     "Dropped values, by field", COLUMNS(value_columns)},
    {"compared", "compared", "Only read by conditions",
     "A value is read by conditions alone where none of the columns takes it: it decides what "
     "others "
     "become, and is itself nowhere in the target.",
     "Values that only conditions read, by field", COLUMNS(value_columns)},
    {"kept_out", "kept-out", "Kept out by conditions",
     "A value is kept out where its column's condition (\"when\") does not hold, or where "
     "\"first\" found another before it.",
     "Values kept out, by field", COLUMNS(value_columns)},
    {"lost", "lost", "Lost by rules",
     "A value is lost where a rule gives it up, as the target cannot keep it.",
     "Values lost, by field", COLUMNS(value_columns)},
    {"emptied", "emptied", "Made nothing by functions and \"map\"",
     "A value is made nothing where \"map\" or a function has nothing for what was something: "
     "where "
     "it would stand, the target has null.",
     "Values made nothing, by field", COLUMNS(value_columns)},
};
enum { PARTS = sizeof parts / sizeof parts[0] };

static bool put_parts(struct buffer *out, const cJSON *not_come)
{
    bool any = false;
    for (size_t i = 0; i < PARTS; i++) {
        const cJSON *rows = member(not_come, parts[i].member);
        char id[64];
        snprintf(id, sizeof id, "%s-by-entity", parts[i].id);
        const struct html_table table = {.id = id,
                                         .caption = parts[i].caption,
                                         .title = cJSON_GetArraySize(rows) > LONG ? parts[i].caption
                                                                                  : NULL,
                                         .folded = true,
                                         .columns = parts[i].columns,
                                         .column_count = parts[i].column_count,
                                         .total = true};
        if (cJSON_GetArraySize(rows) == 0)
            continue;
        any = true;
        html_part(out, parts[i].id, parts[i].title, parts[i].words);
        html_table(out, &table, rows);
    }
    return any;
}

/* ---- the lines of the losses --------------------------------------------------------------------
 */

static void put_first_losses(struct buffer *out, const cJSON *rule, size_t number)
{
    static const struct html_column columns[] = {
        {HTML_NAME, "key", "key"},
        {HTML_DATA, "path", "path"},
        {HTML_DATA, "before", "before"},
        {HTML_DATA, "after", "after"},
    };
    char id[32], caption[512];
    int64_t values = member_count(rule, "values");
    const cJSON *first = member(rule, "first");
    snprintf(id, sizeof id, "losses-%zu", number);
    snprintf(caption, sizeof caption, "%s, %s: %s", member_text(rule, "entity"),
             member_text(rule, "rule"),
             values > cJSON_GetArraySize(first) ? "the first of them" : "all of them");
    const struct html_table table = {.id = id,
                                     .caption = caption,
                                     .columns = columns,
                                     .column_count = sizeof columns / sizeof columns[0]};
    html_table(out, &table, first);
}

static bool put_losses(struct buffer *out, const cJSON *report)
{
    static const struct html_column columns[] = {
        {HTML_NAME, "rule", "rule"},
        {HTML_DATA, "entity", "entity"},
        {HTML_COUNT, "lines", "values"},
        {HTML_DATA, "what it means", "meaning"},
    };
    static const struct html_table table = {.id = "losses",
                                            .caption = "Lines, by rule",
                                            .columns = columns,
                                            .column_count = sizeof columns / sizeof columns[0],
                                            .total = true};
    const cJSON *rules = member(member(report, "losses"), "rules"), *rule;
    size_t number = 0;
    if (cJSON_GetArraySize(rules) == 0)
        return false;
    html_part(out, "losses-lines", "What rules gave up or changed, line by line",
              "Each value lost has a line of losses.jsonl in the run folder, and a row of "
              "graduate.losses in the target. So has a value that is there in another form than it "
              "was: it is not lost, and a JSON may have several lines.");
    html_table(out, &table, rules);
    cJSON_ArrayForEach(rule, rules)
    {
        put_first_losses(out, rule, ++number);
    }
    return true;
}

/* ---- what has a name ----------------------------------------------------------------------------
 */

static void put_reason(struct buffer *out, const char *before, const char *name, const char *reason)
{
    buffer_puts(out, "<div><dt>");
    if (before[0] != '\0') {
        html_data(out, before);
        buffer_putc(out, '.');
    }
    html_data(out, name);
    buffer_puts(out, "</dt><dd>");
    html_data(out, reason);
    buffer_puts(out, "</dd></div>\n");
}

static bool put_left_out(struct buffer *out, const cJSON *report)
{
    const cJSON *left_out = member(report, "left_out"), *item;
    if (cJSON_GetArraySize(left_out) == 0)
        return false;
    html_part(out, "left-out", "Collections and tables left out by name", "");
    buffer_puts(out, "<dl class=\"reasons\">");
    cJSON_ArrayForEach(item, left_out)
    {
        put_reason(out, member_text(item, "source"), member_text(item, "from"),
                   member_text(item, "reason"));
    }
    buffer_puts(out, "</dl>\n");
    return true;
}

static bool put_stays(struct buffer *out, const cJSON *report)
{
    const cJSON *stays = member(report, "stays"), *item;
    if (cJSON_GetArraySize(stays) == 0)
        return false;
    html_part(out, "stays", "What stays where it is", "");
    buffer_puts(out, "<dl class=\"reasons\">");
    cJSON_ArrayForEach(item, stays)
    {
        put_reason(out, "", member_text(item, "what"), member_text(item, "why"));
    }
    buffer_puts(out, "</dl>\n");
    return true;
}

static bool put_objects(struct buffer *out, const cJSON *report)
{
    static const struct html_column columns[] = {
        {HTML_NAME, "name", "name"},
        {HTML_DATA, "kind", "kind"},
        {HTML_DATA, "source", "source"},
        {HTML_DATA, "why", "reason"},
    };
    static const char caption[] = "Objects that are not in the target";
    const cJSON *objects = member(member(report, "objects"), "not_kept");
    const struct html_table table = {.id = "objects-not-kept",
                                     .caption = caption,
                                     .title = cJSON_GetArraySize(objects) > LONG ? caption : NULL,
                                     .folded = true,
                                     .columns = columns,
                                     .column_count = sizeof columns / sizeof columns[0]};
    if (cJSON_GetArraySize(objects) == 0)
        return false;
    html_part(
        out, "not-kept", "Objects not kept",
        "An object is what a source has beside records: an index, a view, a trigger. What the "
        "target needs of these is made by hand.");
    html_table(out, &table, objects);
    return true;
}

void page_not_come(struct buffer *out, const cJSON *report)
{
    html_open_section(out, "not-come", "What did not come, and why");
    if (!cJSON_IsObject(member(report, "account")))
        buffer_puts(out,
                    "<p>Of records and values that is known when the migration has come to its "
                    "end.</p>\n");
    bool any = put_parts(out, member(report, "not_come"));
    any = put_losses(out, report) || any;
    any = put_left_out(out, report) || any;
    any = put_objects(out, report) || any;
    any = put_stays(out, report) || any;
    if (!any && cJSON_IsObject(member(report, "account")))
        buffer_puts(out,
                    "<p>Nothing: no record, no value, and nothing that the sources have beside "
                    "them was left behind.</p>\n");
    html_close_section(out);
}
