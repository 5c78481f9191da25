#include "findings.h"
#include "graduate/buffer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void problem_row_release(struct problem_row *row)
{
    free(row->entity);
    free(row->key);
    free(row->path);
    free(row->message);
    free(row->hint);
    *row = (struct problem_row){0};
}

void findings_release(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        struct finding *finding = &findings->items[i];
        for (size_t e = 0; e < finding->example_count; e++)
            problem_row_release(&finding->examples[e]);
        free(finding->kind);
    }
    free(findings->items);
    *findings = (struct findings){0};
}

/* "tasks[3].title" is at "tasks[].title". */
static void put_path(struct buffer *out, const char *path)
{
    for (; *path != '\0'; path++) {
        buffer_putc(out, *path);
        if (*path == '[')
            path += strspn(path + 1, "0123456789");
    }
}

/* Without what stands in quotes, and without numbers. */
static void put_pattern(struct buffer *out, const char *message)
{
    while (*message != '\0') {
        const char *quote = *message == '"' ? strchr(message + 1, '"') : NULL;
        if (quote != NULL) {
            buffer_puts(out, "\"\"");
            message = quote + 1;
        } else if (isdigit((unsigned char)*message)) {
            buffer_putc(out, '0');
            message += strspn(message, "0123456789.eE+-");
        } else {
            buffer_putc(out, *message++);
        }
    }
}

/* Most of them are of the kind that was met last. */
static struct finding *find(struct findings *findings, const char *kind)
{
    for (size_t i = 0; i < findings->count; i++) {
        size_t at = (findings->last + i) % findings->count;
        if (strcmp(findings->items[at].kind, kind) == 0) {
            findings->last = at;
            return &findings->items[at];
        }
    }
    return NULL;
}

static struct finding *make(struct findings *findings, const char *kind)
{
    if (findings->count == findings->room) {
        size_t room = findings->room * 2 + 16;
        struct finding *items = realloc(findings->items, room * sizeof *items);
        if (items == NULL)
            return NULL;
        findings->items = items;
        findings->room = room;
    }
    struct finding *finding = &findings->items[findings->count];
    *finding = (struct finding){.kind = strdup(kind)};
    if (finding->kind == NULL)
        return NULL;
    findings->last = findings->count++;
    return finding;
}

bool findings_add(struct findings *findings, struct problem_row *row, struct error *error)
{
    struct buffer kind;
    buffer_init(&kind);
    put_path(&kind, row->path);
    buffer_putc(&kind, '\n');
    put_pattern(&kind, row->message);
    struct finding *finding = kind.failed ? NULL : find(findings, buffer_text(&kind));
    bool ok = !kind.failed;
    if (ok && finding == NULL && findings->count < FINDINGS_MOST) {
        finding = make(findings, buffer_text(&kind));
        ok = finding != NULL;
    }
    buffer_release(&kind);
    if (ok && finding == NULL)
        findings->others++;
    if (finding != NULL)
        finding->count++;
    if (finding != NULL && finding->example_count < FINDING_EXAMPLES) {
        finding->examples[finding->example_count++] = *row;
        *row = (struct problem_row){0};
    }
    problem_row_release(row);
    return ok || error_memory(error);
}

static bool add_examples(cJSON *json, const struct finding *finding)
{
    cJSON *examples = cJSON_AddArrayToObject(json, "examples");
    for (size_t e = 0; examples != NULL && e < finding->example_count; e++) {
        const struct problem_row *row = &finding->examples[e];
        cJSON *example = cJSON_CreateObject();
        if (!cJSON_AddItemToArray(examples, example) ||
            cJSON_AddStringToObject(example, "key", row->key) == NULL ||
            cJSON_AddStringToObject(example, "path", row->path) == NULL ||
            cJSON_AddStringToObject(example, "message", row->message) == NULL)
            return false;
    }
    return examples != NULL;
}

cJSON *findings_to_json(const struct findings *findings)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = array != NULL;
    for (size_t i = 0; ok && i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        char *path = strndup(finding->kind, strcspn(finding->kind, "\n"));
        cJSON *json = cJSON_CreateObject();
        ok = path != NULL && cJSON_AddItemToArray(array, json) &&
             cJSON_AddStringToObject(json, "path", path) != NULL &&
             cJSON_AddStringToObject(json, "message", finding->examples[0].message) != NULL &&
             cJSON_AddStringToObject(json, "hint", finding->examples[0].hint) != NULL &&
             cJSON_AddNumberToObject(json, "count", (double)finding->count) != NULL &&
             add_examples(json, finding);
        free(path);
    }
    if (ok)
        return array;
    cJSON_Delete(array);
    return NULL;
}
