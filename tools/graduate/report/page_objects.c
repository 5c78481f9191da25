/* What the sources have beside records: how much of it was kept, and what was changed. */
#include "html.h"
#include "member.h"
#include "page.h"

enum { LONG = 20 };

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
    static const struct html_table kinds = {.id = "object-kinds",
                                            .title = "Objects by kind",
                                            .caption = "Tables, keys, indexes, views and the like",
                                            .columns = kind_columns,
                                            .total = true,
                                            .column_count =
                                                sizeof kind_columns / sizeof kind_columns[0]};
    const cJSON *objects = member(report, "objects");
    const struct html_table changed = {
        .id = "objects-changed",
        .caption = "They are in the target, but not as they were",
        .title = "Changed objects",
        .folded = cJSON_GetArraySize(member(objects, "changed")) > LONG,
        .columns = changed_columns,
        .column_count = sizeof changed_columns / sizeof changed_columns[0]};
    html_open_section(out, "objects", "What the sources have beside records");
    if (cJSON_GetArraySize(member(objects, "kinds")) == 0)
        buffer_puts(out, "<p>Nothing is on record.</p>\n");
    else
        html_table(out, &kinds, member(objects, "kinds"));
    if (cJSON_GetArraySize(member(objects, "changed")) > 0)
        html_table(out, &changed, member(objects, "changed"));
    html_close_section(out);
}
