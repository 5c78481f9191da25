#include "problem.h"
#include "copy_text.h"

const char *const problem_fields[PROBLEM_FIELDS] = {"entity", "key", "path", "message", "hint"};

const char *const record_fields[RECORD_FIELDS] = {"key", "rows"};

void problems_init(struct problems *problems, const char *entity)
{
    *problems = (struct problems){.entity = entity, .key = ""};
    buffer_init(&problems->tuples);
    buffer_init(&problems->records);
}

void problems_release(struct problems *problems)
{
    buffer_release(&problems->tuples);
    buffer_release(&problems->records);
}

void problems_clear(struct problems *problems)
{
    buffer_clear(&problems->tuples);
    buffer_clear(&problems->records);
    problems->count = problems->record_count = 0;
}

void problems_end_record(struct problems *problems, const char *key, const char *rows)
{
    const char *const texts[RECORD_FIELDS] = {key, rows};
    copy_texts(&problems->records, texts, RECORD_FIELDS);
    problems->record_count++;
}

bool problems_take(struct problems *problems, const char *path, struct error *error)
{
    if (problems == NULL || error->code != ERROR_DATA)
        return false;
    error_at(error, problems->entity, problems->key, path);
    const char *const texts[PROBLEM_FIELDS] = {error->entity, error->key, error->path,
                                               error->message, error->hint};
    copy_texts(&problems->tuples, texts, PROBLEM_FIELDS);
    problems->count++;
    *error = (struct error){0};
    return buffer_ok(&problems->tuples, error);
}
