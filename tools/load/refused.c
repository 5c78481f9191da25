#include "refused.h"

#include <inttypes.h>
#include <string.h>

/* Sections of the records from `from` to before `to`. */
struct attempt {
    size_t from, to;
    size_t first, end; /* sections */
    bool settles;
    size_t section; /* where it failed; `end`: nowhere */
    bool late;      /* or when all were there */
};

static bool attempt(struct postgres *target, const struct fence *fence, struct work *work,
                    struct attempt *a, struct error *error)
{
    a->late = false;
    for (a->section = a->first; a->section < a->end; a->section++) {
        size_t i = a->section;
        if ((work->isolation.records != NULL &&
             !isolation_take(&work->isolation, i, a->from, a->to, &work->sections[i], error)) ||
            !work_load(target, fence, work, i, error))
            return false;
    }
    a->late = true;
    return work_go_before(target, work, error) &&
           (!a->settles || work_settle(target, work, &a->section, error));
}

bool refused_load(struct postgres *target, const struct fence *fence, struct work *work,
                  struct refused *refused, struct error *error)
{
    struct attempt a = {.to = work->isolation.record_count, .end = work->count, .settles = true};
    bool ok = attempt(target, fence, work, &a, error);
    *refused = (struct refused){.section = a.section, .late = a.late, .in_vain = refused->in_vain};
    return ok;
}

/* Which SQLSTATEs speak of a row, and not of the server or of what graduate sends. */
static bool speaks_of_row(const struct error *error)
{
    static const char *const states[] = {"22", "23", "44", "54", "P0001"};
    for (size_t i = 0; error->code == ERROR_DATA && i < sizeof states / sizeof states[0]; i++)
        if (strncmp(error->sqlstate, states[i], strlen(states[i])) == 0)
            return true;
    return false;
}

static bool rejects(const struct work *work, size_t section)
{
    const struct mapping_table *table = work_table(work, section);
    return table != NULL && mapping_remedy(&table->misfits, MISFIT_REFUSED) == REMEDY_REJECT;
}

/* Where the server names no table it may be any of those that say so. */
static bool is_set_aside(const struct work *work, const struct refused *refused,
                         const struct error *error)
{
    bool says = refused->section < work->count && rejects(work, refused->section);
    for (size_t i = 0; refused->section == work->count && refused->late && i < work->count; i++)
        says = says || rejects(work, i);
    return says && work->refusables.rows > 0 && work->retrial == NULL && speaks_of_row(error);
}

bool refused_more(const struct work *work, int64_t rejects, const char *cause, const char *key,
                  const char *path, struct error *error)
{
    error_set(error, ERROR_DATA,
              "%" PRId64 " records are set aside, and the project lets at most %" PRId64
              "; of the last one: %s",
              rejects, work->most_rejects, cause);
    error_hint(error, "correct the records in the source; or let more be set aside, with "
                      "\"rejects\": {\"limit\": N} in project.json; then run again");
    return error_at(error, work->batch->entity, key, path);
}

static bool exclude(struct work *work, size_t record, const struct error *cause,
                    struct error *error)
{
    struct isolation *isolation = &work->isolation;
    struct error kept = *cause;
    kept.row = (struct error_row){0};
    int64_t rejects = work->batch->rejected + (int64_t)isolation->out_count + 1;
    return rejects <= work->most_rejects
               ? isolation_exclude(isolation, record, &kept, error)
               : refused_more(work, rejects, kept.message, isolation_key(isolation, record),
                              kept.path, error);
}

bool refused_take_out(struct work *work, struct refused *refused, struct error *error)
{
    struct isolation *isolation = &work->isolation;
    const struct error cause = *error;
    if (!is_set_aside(work, refused, error))
        return false;
    *error = (struct error){0};
    if (isolation->records == NULL && !isolation_open(isolation, work->whole, work->count,
                                                      work->outputs, &work->refusables, error))
        return false;
    size_t record = refused->section < work->count
                        ? isolation_find(isolation, refused->section, (uint64_t)cause.row.place)
                        : isolation->record_count;
    refused->searches = record == isolation->record_count;
    if (!refused->searches)
        return exclude(work, record, &cause, error);
    if (refused->in_vain)
        *error = cause;
    return !refused->in_vain;
}

/* ---- the search ------------------------------------------------------------------------------ */

struct search {
    struct postgres *target;
    const struct fence *fence;
    struct work *work;
    const struct refused *refused;
    bool begun; /* the savepoint is set */
    bool part;  /* behind the sections before it, which are there */
    struct error *cause;
    struct error *error;
};

/* A statement that waits is one message with the COPY behind it. */
static const char *before(struct search *s)
{
    static const char *const texts[2][2] = {
        {"SAVEPOINT graduate_rows; ", "SAVEPOINT graduate_rows; SET CONSTRAINTS ALL IMMEDIATE; "},
        {"ROLLBACK TO SAVEPOINT graduate_rows; ",
         "ROLLBACK TO SAVEPOINT graduate_rows; SET CONSTRAINTS ALL IMMEDIATE; "}};
    bool alone = s->refused->late && s->work->count == 1, begun = s->begun;
    s->begun = true;
    return s->part ? "ROLLBACK TO SAVEPOINT graduate_part; " : texts[begun][alone];
}

/* Does the target refuse one of these records? False with an error of another kind. */
static bool is_refused(struct search *s, size_t from, size_t to, bool *is)
{
    bool late = s->refused->late;
    struct attempt a = {.from = from,
                        .to = to,
                        .first = late ? 0 : s->refused->section,
                        .end = late ? s->work->count : s->refused->section + 1,
                        .settles = late && s->work->count > 1};
    s->work->before = before(s);
    *is = !attempt(s->target, s->fence, s->work, &a, s->error);
    if (!*is)
        return true;
    if (!speaks_of_row(s->error))
        return false;
    *s->cause = *s->error;
    *s->error = (struct error){0};
    return true;
}

/* The sections before the one that is refused go in once. */
static bool begin_search(struct search *s)
{
    struct attempt a = {.to = s->work->isolation.record_count,
                        .end = s->refused->late ? 0 : s->refused->section};
    if (a.end == 0)
        return true;
    s->work->before = before(s);
    s->part = true;
    return attempt(s->target, s->fence, s->work, &a, s->error) &&
           postgres_exec(s->target, "SAVEPOINT graduate_part", s->error);
}

/* *record: one that is refused by itself, or record_count. */
static bool halve(struct search *s, size_t *record)
{
    size_t low = 0, high = s->work->isolation.record_count;
    bool is, seen = false; /* that those from low to high are refused */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (!is_refused(s, low, middle, &is))
            return false;
        if (is)
            high = middle;
        else
            low = middle;
        seen = is;
    }
    *record = low;
    if (seen)
        return true;
    if (!is_refused(s, low, high, &is))
        return false;
    *record = is ? low : s->work->isolation.record_count;
    return true;
}

bool refused_search(struct postgres *target, const struct fence *fence, struct work *work,
                    struct refused *refused, struct error *error)
{
    struct error cause = {0};
    struct search s = {.target = target,
                       .fence = fence,
                       .work = work,
                       .refused = refused,
                       .cause = &cause,
                       .error = error};
    size_t record;
    if (!begin_search(&s) || !halve(&s, &record))
        return false;
    refused->searches = false;
    /* With the savepoint goes its number, which the rows would have. */
    work->before = "ROLLBACK TO SAVEPOINT graduate_rows; RELEASE SAVEPOINT graduate_rows; ";
    refused->in_vain = record == work->isolation.record_count;
    return refused->in_vain || exclude(work, record, &cause, error);
}
