/* graduate-check: what a trial of one entity showed, as JSON. */
#include "findings.h"
#include "graduate/file.h"
#include "graduate/message.h"
#include "graduate/options.h"
#include "graduate/stream.h"
#include "path_sums.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROBLEMS "graduate.problems"

struct check {
    struct stream_reader in;
    char *entity;
    size_t problems; /* which of the outputs has them */
    int64_t records, filtered;
    struct findings findings;
    struct path_sums paths;
};

static bool begin(struct check *check, const struct frame *frame, struct error *error)
{
    struct stream_header header;
    struct stream_outputs outputs;
    if (!stream_parse_header(&check->in, frame, &header, error))
        return false;
    if (!header.rows) {
        error_set(error, ERROR_USAGE, "%s is a record stream, not the row stream of a trial",
                  check->in.name);
        return error_hint(error, "send it through graduate-transform --trial first");
    }
    if (!stream_parse_outputs(&check->in, frame, &outputs, error))
        return false;
    check->problems = outputs.count;
    for (size_t i = 0; i < outputs.count; i++)
        if (outputs.items[i].ledger && strcmp(outputs.items[i].table, PROBLEMS) == 0)
            check->problems = i;
    bool found = check->problems < outputs.count;
    stream_outputs_release(&outputs);
    check->entity = strdup(header.entity);
    if (!found)
        return error_set(error, ERROR_USAGE, "%s is no trial: graduate-transform --trial makes one",
                         check->in.name);
    return check->entity != NULL || error_memory(error);
}

/* The next text of a tuple; NULL at its end, or without memory. */
static char *take_text(const uint8_t **at, const uint8_t *end)
{
    if (end - *at < 4 || get_be32(*at) > (size_t)(end - *at - 4))
        return NULL;
    size_t length = get_be32(*at);
    char *text = strndup((const char *)*at + 4, length);
    *at += 4 + length;
    return text;
}

static bool take_problems(struct check *check, const struct stream_section *section,
                          struct error *error)
{
    const uint8_t *at = section->tuples, *end = at + section->length;
    for (uint32_t i = 0; i < section->rows; i++) {
        struct problem_row row = {0};
        char **const fields[] = {&row.entity, &row.key, &row.path, &row.message, &row.hint};
        bool whole = end - at >= 2;
        at += whole ? 2 : 0;
        for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
            *fields[f] = take_text(&at, end);
            whole = whole && *fields[f] != NULL;
        }
        if (!whole) {
            problem_row_release(&row);
            return error_set(error, ERROR_SOURCE, "%s: a problem is cut off", check->in.name);
        }
        if (!findings_add(&check->findings, &row, error))
            return false;
    }
    return true;
}

static bool take_batch(struct check *check, const struct frame *frame, struct error *error)
{
    struct stream_batch batch;
    struct stream_section section;
    const uint8_t *at = frame->payload, *end = at + frame->payload_length;
    struct error damage = {0};
    if (!stream_parse_batch(&check->in, frame, &batch, error) ||
        !path_sums_add(&check->paths, &batch.paths, error))
        return false;
    check->records += batch.records;
    check->filtered += batch.filtered;
    while (stream_next_section(&at, end, &section, &damage))
        if (section.output == check->problems && !take_problems(check, &section, error))
            return false;
    if (damage.code != ERROR_NONE)
        *error = damage;
    return damage.code == ERROR_NONE;
}

static bool read_all(struct check *check, struct error *error)
{
    struct frame frame;
    for (bool more = true;;) {
        if (!stream_read(&check->in, &frame, &more, error))
            return false;
        if (!more)
            return true;
        bool ok = frame.type == FRAME_HEADER  ? begin(check, &frame, error)
                  : frame.type == FRAME_BATCH ? take_batch(check, &frame, error)
                                              : true;
        if (!ok)
            return false;
    }
}

static bool print(const struct check *check, struct error *error)
{
    cJSON *json = cJSON_CreateObject();
    bool ok = json != NULL && cJSON_AddStringToObject(json, "entity", check->entity) != NULL &&
              cJSON_AddNumberToObject(json, "records", (double)check->records) != NULL &&
              cJSON_AddNumberToObject(json, "filtered", (double)check->filtered) != NULL &&
              cJSON_AddItemToObject(json, "problems", findings_to_json(&check->findings)) &&
              cJSON_AddNumberToObject(json, "others", (double)check->findings.others) != NULL &&
              cJSON_AddItemToObject(json, "paths", path_sums_to_json(&check->paths));
    char *text = ok ? cJSON_PrintUnformatted(json) : NULL;
    ok = text != NULL ? file_write_all(STDOUT_FILENO, "standard output", text, strlen(text), error)
                      : error_memory(error);
    cJSON_free(text);
    cJSON_Delete(json);
    return ok;
}

int main(int argc, char **argv)
{
    const struct command command = {
        .name = "graduate-check",
        .purpose = "say what a trial of an entity showed, as JSON",
        .usage = "< ROWS",
        .epilogue =
            "What would not fit of the books in a checkpoint:\n"
            "  graduate-transform --project authorstack --trial < books.gck | graduate-check",
    };
    struct error error = {0};
    struct check check = {0};
    int positionals;
    enum options_outcome outcome = options_parse(&command, argc, argv, &positionals, &error);
    if (outcome == OPTIONS_HELPED)
        return 0;
    signal(SIGPIPE, SIG_IGN);
    stream_reader_init(&check.in, STDIN_FILENO, "standard input");
    bool ok = outcome == OPTIONS_RUN;
    if (ok && (positionals > 0 || isatty(STDIN_FILENO))) {
        error_set(&error, ERROR_USAGE,
                  positionals > 0
                      ? "\"%s\" is not expected here"
                      : "standard input is a terminal; it must be the row stream of a trial",
                  positionals > 0 ? argv[1] : "");
        ok = error_hint(&error, "graduate-check --help shows how it is called");
    }
    ok = ok && read_all(&check, &error) && print(&check, &error);
    findings_release(&check.findings);
    path_sums_release(&check.paths);
    stream_reader_release(&check.in);
    free(check.entity);
    return ok ? 0 : message_error(&error);
}
