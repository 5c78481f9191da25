/* What the run warned of. */
#include "html.h"
#include "member.h"
#include "page.h"

/* What a kind of warning means, where its text does not say it. */
static const struct {
    const char *warning, *meaning;
} meanings[] = {
    {"unmet", "The mapping names a field that no record had: a typing error, most of the time. "
              "\"optional\": true in the mapping says that it may be so."},
    {"hex_ids",
     "An ObjectId becomes a UUID where the mapping names its column with id_of. Inside of "
     "JSON it stays what it was in text, and points to nothing."},
    {"filters",
     "A record is filtered where the condition of its table does not hold. The mapping can "
     "say why, and then it is no warning."},
};

static void put_warning(struct buffer *out, const cJSON *warning)
{
    buffer_puts(out, "<li><p>");
    if (member_text(warning, "entity")[0] != '\0') {
        buffer_puts(out, "<span class=\"place\">");
        html_data(out, member_text(warning, "entity"));
        buffer_puts(out, "</span> ");
    }
    html_data(out, member_text(warning, "text"));
    buffer_puts(out, "</p></li>\n");
}

void page_warnings(struct buffer *out, const cJSON *report)
{
    const cJSON *warnings = member(report, "warnings"), *warning;
    html_open_section(out, "warnings", "Warnings of the run");
    if (cJSON_GetArraySize(warnings) == 0) {
        buffer_puts(out, "<p>None.</p>\n");
    } else {
        for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
            if (member_find(warnings, "warning", meanings[i].warning) != NULL) {
                buffer_puts(out, "<p>");
                html_text(out, meanings[i].meaning);
                buffer_puts(out, "</p>\n");
            }
        buffer_puts(out, "<ul class=\"findings\">\n");
        cJSON_ArrayForEach(warning, warnings)
        {
            put_warning(out, warning);
        }
        buffer_puts(out, "</ul>\n");
    }
    html_close_section(out);
}
