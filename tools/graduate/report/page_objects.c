/* What the sources have beside records: how much of it was kept, and what became of the rest. */
#include "html.h"
#include "member.h"
#include "page.h"

enum { LONG = 20 };

/* Folded where it is long. */
static void put_folded(struct buffer *out, const char *summary, const struct html_table *table,
                       const cJSON *rows)
{
    int count = cJSON_GetArraySize(rows);
    if (count == 0)
        return;
    buffer_printf(out, "<details%s><summary>%s: %d</summary>\n", count > LONG ? "" : " open",
                  summary, count);
    html_table(out, table, rows);
    buffer_puts(out, "</details>\n");
}

void page_objects(struct buffer *out, const cJSON *report)
{
    static const struct html_column kind_columns[] = {
        {HTML_NAME, "kind", "kind"},          {HTML_DATA, "source", "source"},
        {HTML_COUNT, "kept", "kept"},         {HTML_COUNT, "changed", "changed"},
        {HTML_COUNT, "not kept", "not_kept"},
    };
    static const struct html_column changed_columns[] = {
        {HTML_NAME, "name", "name"},
        {HTML_DATA, "kind", "kind"},
        {HTML_DATA, "source", "source"},
        {HTML_DATA, "in the target", "how"},
    };
    static const struct html_column not_kept_columns[] = {
        {HTML_NAME, "name", "name"},
        {HTML_DATA, "kind", "kind"},
        {HTML_DATA, "source", "source"},
        {HTML_DATA, "why", "reason"},
    };
    static const struct html_table kinds = {.id = "object-kinds",
                                            .caption = "Tables, keys, indexes, views and the like",
                                            .columns = kind_columns,
                                            .total = true,
                                            .column_count =
                                                sizeof kind_columns / sizeof kind_columns[0]};
    static const struct html_table changed = {
        .id = "objects-changed",
        .caption = "They are in the target, but not as they were",
        .columns = changed_columns,
        .column_count = sizeof changed_columns / sizeof changed_columns[0]};
    static const struct html_table not_kept = {
        .id = "objects-not-kept",
        .caption = "They are not in the target; what it needs of them is made by hand",
        .columns = not_kept_columns,
        .column_count = sizeof not_kept_columns / sizeof not_kept_columns[0]};
    const cJSON *objects = member(report, "objects");
    html_open_section(out, "objects", "What the sources have beside records");
    if (cJSON_GetArraySize(member(objects, "kinds")) == 0)
        buffer_puts(out, "<p>Nothing is on record.</p>\n");
    else
        html_table(out, &kinds, member(objects, "kinds"));
    put_folded(out, "Changed", &changed, member(objects, "changed"));
    put_folded(out, "Not kept", &not_kept, member(objects, "not_kept"));
    html_close_section(out);
}
