#include "comparison.h"
#include "figures.h"
#include "member.h"
#include "sheet.h"

#include <stdio.h>
#include <string.h>

static const char *sign_of(const cJSON *item)
{
    const char *change = member_text(item, "change");
    return strcmp(change, "new") == 0 ? "+" : strcmp(change, "gone") == 0 ? "-" : "~";
}

static void row_entity(const cJSON *item, struct sheet *sheet)
{
    sheet_row(sheet, sign_of(item), member_text(item, "entity"));
}

static void row_collection(const cJSON *item, struct sheet *sheet)
{
    sheet_row(sheet, sign_of(item), member_text(item, "collection"));
}

static void put_types(const cJSON *item, const char *name, const char *title, struct buffer *out)
{
    const cJSON *types = member(item, name), *type;
    if (types == NULL)
        return;
    buffer_printf(out, "%s%s", out->length > 0 ? "; " : "", title);
    cJSON_ArrayForEach(type, types)
    {
        buffer_printf(out, "%s%s", type == types->child ? "" : ", ", type->valuestring);
    }
}

static void row_field(const cJSON *item, struct sheet *sheet)
{
    struct buffer types;
    bool changed = sign_of(item)[0] == '~';
    buffer_init(&types);
    put_types(item, "new_types", changed ? "new type: " : "", &types);
    put_types(item, "gone_types", changed ? "gone type: " : "was ", &types);
    sheet_row(sheet, sign_of(item), member_text(item, "entity"), member_text(item, "path"),
              buffer_text(&types));
    buffer_release(&types);
}

static void row_unknown(const cJSON *item, struct sheet *sheet)
{
    bool after = strcmp(member_text(item, "run"), "after") == 0;
    sheet_row(sheet, member_text(item, "entity"),
              after ? "of the later run: it kept no checkpoint"
                    : "of the earlier run: it kept no checkpoint");
}

static void row_numbers(const char *name, const char *count, const cJSON *item, struct sheet *sheet)
{
    char was[FIGURE_SIZE], is[FIGURE_SIZE], figure[FIGURE_SIZE], difference[FIGURE_SIZE + 1];
    int64_t a = member_count(item, "before"), b = member_count(item, "after");
    snprintf(difference, sizeof difference, "%c%s", b < a ? '-' : '+',
             figure_count(b < a ? a - b : b - a, figure));
    sheet_row(sheet, name, count, figure_count(a, was), figure_count(b, is), difference);
}

static void row_count(const cJSON *item, struct sheet *sheet)
{
    row_numbers(member_text(item, "entity"), member_text(item, "count"), item, sheet);
}

static void row_table(const cJSON *item, struct sheet *sheet)
{
    row_numbers(member_text(item, "table"), member_text(item, "count"), item, sheet);
}

static void row_loss(const cJSON *item, struct sheet *sheet)
{
    row_numbers(member_text(item, "entity"), member_text(item, "rule"), item, sheet);
}

static void put_value(const cJSON *value, const char *title, struct buffer *out)
{
    char *printed = value != NULL ? cJSON_PrintUnformatted(value) : NULL;
    if (printed != NULL)
        buffer_printf(out, "%s%s%.100s%s", out->length > 0 ? ", " : "", title, printed,
                      strlen(printed) > 100 ? " ..." : "");
    cJSON_free(printed);
}

static void row_mapping(const cJSON *item, struct sheet *sheet)
{
    struct buffer place, values;
    bool changed = sign_of(item)[0] == '~';
    buffer_init(&place);
    buffer_init(&values);
    buffer_printf(&place, "%s%s%s", member_text(item, "file"),
                  member_text(item, "pointer")[0] != '\0' ? ": " : "",
                  member_text(item, "pointer"));
    if (member_text(item, "pointer")[0] != '\0') {
        put_value(member(item, "before"), "was ", &values);
        put_value(member(item, "after"), changed ? "is " : "", &values);
    }
    sheet_row(sheet, sign_of(item), buffer_text(&place), buffer_text(&values));
    buffer_release(&place);
    buffer_release(&values);
}

static void row_ddl(const cJSON *item, struct sheet *sheet)
{
    struct buffer line;
    const char *within = member_text(item, "within"), *text_of = member_text(item, "line");
    buffer_init(&line);
    buffer_puts(&line, text_of);
    if (strcmp(within, text_of) != 0)
        buffer_printf(&line, "   in %s", within);
    sheet_row(sheet, sign_of(item), buffer_text(&line));
    buffer_release(&line);
}

static void row_verdict(const cJSON *item, struct sheet *sheet)
{
    sheet_row(sheet, member_text(item, "level"), "was", member_text(item, "before"), "is",
              member_text(item, "after"));
}

static const struct section {
    const char *name, *title, *align;
    void (*row)(const cJSON *item, struct sheet *sheet);
} sections[] = {
    {"entities", "entities", "<<", row_entity},
    {"collections", "collections and tables of the sources", "<<", row_collection},
    {"fields", "fields of the records", "<<<<", row_field},
    {"unknown_fields", "fields that are not known", "<<", row_unknown},
    {"counts", "records", "<<>>>", row_count},
    {"rows", "rows", "<<>>>", row_table},
    {"rejects", "rejects", "<<>>>", row_count},
    {"losses", "values that changed on the way, by rule", "<<>>>", row_loss},
    {"mapping", "mapping", "<<<", row_mapping},
    {"ddl", "DDL", "<<", row_ddl},
    {"verdicts", "verdicts", "<<<<<", row_verdict},
};

static void print_section(const cJSON *comparison, const struct section *section,
                          struct buffer *out)
{
    const cJSON *list = member(comparison, section->name), *item;
    struct sheet sheet;
    if (cJSON_GetArraySize(list) == 0)
        return;
    sheet_init(&sheet, section->align);
    if (strchr(section->align, '>') != NULL)
        sheet_row(&sheet, "", "", "before", "after", "difference");
    cJSON_ArrayForEach(item, list)
    {
        section->row(item, &sheet);
    }
    buffer_printf(out, "\n%s:\n", section->title);
    sheet_print(&sheet, "  ", out);
    sheet_release(&sheet);
}

static const char *figure_seconds(const cJSON *seconds, char out[FIGURE_SIZE])
{
    return cJSON_IsNumber(seconds) ? figure_duration(seconds->valuedouble, out) : "-";
}

/* There are hundreds of steps, most of which take no time: those that do have their line, all are
 * in the sum. */
static void print_times(const cJSON *comparison, struct buffer *out)
{
    static const double worth_a_line = 1;
    static const struct {
        const char *kind, *title;
        bool each;
    } kinds[] = {{"entity", "read and load", true},
                 {"step", "keys, indexes and other steps", false},
                 {"level", "verify", true}};
    struct sheet sheet;
    char was[FIGURE_SIZE], is[FIGURE_SIZE];
    sheet_init(&sheet, "<>>");
    sheet_row(&sheet, "", "before", "after");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        double sums[2] = {0, 0};
        size_t count = 0;
        const cJSON *item;
        cJSON_ArrayForEach(item, member(comparison, "times"))
        {
            if (strcmp(member_text(item, "kind"), kinds[i].kind) != 0)
                continue;
            double a = member_number(item, "before"), b = member_number(item, "after");
            char name[256];
            count++;
            sums[0] += a;
            sums[1] += b;
            snprintf(name, sizeof name, "  %s", member_text(item, "name"));
            if (kinds[i].each || a >= worth_a_line || b >= worth_a_line)
                sheet_row(&sheet, name, figure_seconds(member(item, "before"), was),
                          figure_seconds(member(item, "after"), is));
        }
        if (count > 0)
            sheet_row(&sheet, kinds[i].title, figure_duration(sums[0], was),
                      figure_duration(sums[1], is));
    }
    buffer_puts(out, "\ntime (a sum stands below what it is of):\n");
    sheet_print(&sheet, "  ", out);
    sheet_release(&sheet);
}

static void print_run(const cJSON *run, const char *which, struct buffer *out)
{
    buffer_printf(out, "  %s  run %s, finished %s, %s\n", which, member_text(run, "run"),
                  member_text(run, "finished"), member_text(run, "folder"));
}

void comparison_print(const cJSON *comparison, bool brief, struct buffer *out)
{
    const cJSON *before = member(comparison, "before"), *after = member(comparison, "after");
    bool same = cJSON_IsTrue(member(comparison, "same"));
    if (brief) {
        buffer_printf(out, "compared with the previous run, %s: %s\n",
                      member_text(before, "folder"),
                      same ? "no differences" : "these are the differences");
    } else {
        buffer_printf(out, "comparison of two runs of %s\n", member_text(after, "project"));
        print_run(before, "before", out);
        print_run(after, "after ", out);
        if (same)
            buffer_puts(out, "\nno differences: not in entities, fields, counts, rejects, losses, "
                             "mapping or DDL\n");
    }
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        print_section(comparison, &sections[i], out);
    if (!brief)
        print_times(comparison, out);
}
