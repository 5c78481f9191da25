/* What a trial showed, for people. */
#include "figures.h"
#include "filters.h"
#include "hex_ids.h"
#include "member.h"
#include "printable.h"
#include "trial.h"
#include "unmet.h"

#include <stdio.h>
#include <string.h>

int64_t trial_problems(const struct trial *trial)
{
    const cJSON *entity;
    int64_t count = 0;
    cJSON_ArrayForEach(entity, trial->found)
    {
        count += member_sum(member(entity, "problems"), "count") + member_count(entity, "others") +
                 (member(entity, "error") != NULL);
    }
    const cJSON *unmet;
    cJSON_ArrayForEach(unmet, trial->unmet)
    {
        count += cJSON_IsTrue(member(unmet, "grave"));
    }
    return count;
}

/* Keys and values come from the records. */
static void put_line(struct buffer *out, const char *indent, const char *text)
{
    char printable[4096];
    printable_copy(printable, sizeof printable, text, strlen(text));
    buffer_printf(out, "%s%s\n", indent, printable);
}

static void put_hint(struct buffer *out, const cJSON *of)
{
    if (member_text(of, "hint")[0] == '\0')
        return;
    buffer_puts(out, "    next:");
    put_line(out, " ", member_text(of, "hint"));
}

/* "books, at price: 3 problems, keys 17, 18, 19". */
static void put_problem(struct buffer *out, const char *entity, const cJSON *problem, int most)
{
    char count[FIGURE_SIZE];
    const cJSON *example;
    struct buffer line;
    int64_t times = member_count(problem, "count");
    const cJSON *first = cJSON_GetArrayItem(member(problem, "examples"), 0);
    /* Of one alone also the element's number. */
    const char *path = member_text(times == 1 ? first : problem, "path"), *between = "";
    buffer_init(&line);
    buffer_printf(&line, "%s%s%s: %s %s ", entity, path[0] != '\0' ? ", at " : "", path,
                  figure_count(times, count), times == 1 ? "problem: key" : "problems: keys");
    int told = 0;
    cJSON_ArrayForEach(example, member(problem, "examples"))
    {
        if (told++ == most)
            break;
        buffer_printf(&line, "%s%s", between, member_text(example, "key"));
        between = ", ";
    }
    if (times > most || times > told)
        buffer_puts(&line, ", ...");
    put_line(out, "  ", buffer_text(&line));
    put_line(out, "    ", member_text(problem, "message"));
    told = 0;
    cJSON_ArrayForEach(example, member(problem, "examples"))
    {
        if (told++ == most)
            break;
        if (strcmp(member_text(example, "message"), member_text(problem, "message")) != 0)
            put_line(out, "    ", member_text(example, "message"));
    }
    put_hint(out, problem);
    buffer_release(&line);
}

/* What nobody looked at is no problem yet. */
static void put_not_asked(struct buffer *out, const cJSON *left)
{
    const char *index = member_text(left, "index");
    if (index[0] != '\0')
        buffer_printf(out, "  %s: not looked at: what its unique index %s calls the same\n",
                      member_text(left, "table"), index);
    else
        buffer_printf(out, "  %s: not looked at: what the target's unique indexes call the same\n",
                      member_text(left, "table"));
    put_line(out, "    ", member_text(left, "why"));
}

static void put_entity(struct buffer *out, const cJSON *entity, int most)
{
    const char *name = member_text(entity, "entity");
    const cJSON *problem;
    char count[FIGURE_SIZE];
    if (member(entity, "error") != NULL) {
        buffer_printf(out, "  %s cannot be read:\n", name);
        put_line(out, "    ", member_text(entity, "error"));
        put_hint(out, entity);
    }
    cJSON_ArrayForEach(problem, member(entity, "problems"))
    {
        put_problem(out, name, problem, most);
    }
    cJSON_ArrayForEach(problem, member(entity, "not_asked"))
    {
        put_not_asked(out, problem);
    }
    if (member_count(entity, "others") > 0)
        buffer_printf(out, "  %s: %s problems of other kinds\n", name,
                      figure_count(member_count(entity, "others"), count));
}

void trial_print(const struct trial *trial, int examples, struct buffer *out)
{
    const cJSON *entity;
    cJSON_ArrayForEach(entity, trial->found)
    {
        put_entity(out, entity, examples);
    }
    unmet_print(trial->unmet, out);
    hex_ids_print(trial->hex_ids, out);
    filters_print(trial->filters, true, out);
    filters_print(trial->filters, false, out);
}

bool trial_add_json(const struct trial *trial, cJSON *to)
{
    return cJSON_AddItemReferenceToObject(to, "entities", trial->found) &&
           cJSON_AddItemReferenceToObject(to, "unmet", trial->unmet) &&
           cJSON_AddItemReferenceToObject(to, "hex_ids", trial->hex_ids) &&
           cJSON_AddItemReferenceToObject(to, "filters", trial->filters);
}
