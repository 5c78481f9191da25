#include "crew.h"
#include "load.h"
#include "step.h"

#include "graduate/crash.h"
#include "graduate/message.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum state { WAITING, TAKEN, DONE };

/* What the workers share while they take some steps; all but what stands first is behind the lock.
 */
struct shift {
    struct crew *crew;
    enum crew_rule rule;
    const struct schema_statement *statements;
    size_t count;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum state *states; /* of each statement */
    size_t failed;      /* the first that did; count: none */
    struct error *error;
};

struct worker {
    struct shift *shift;
    struct postgres *target;
    pthread_t thread;
};

void crew_init(struct crew *crew, const struct project *project, const struct fence *fence,
               size_t jobs, int64_t all)
{
    *crew = (struct crew){.project = project, .fence = fence, .jobs = jobs, .all = all};
}

void crew_release(struct crew *crew)
{
    for (size_t i = 0; i < CREW_MOST; i++)
        if (crew->others[i].connection != NULL)
            postgres_close(&crew->others[i]);
}

static bool is_free(const struct shift *shift, size_t index)
{
    if (shift->states[index] != WAITING)
        return false;
    for (size_t i = 0; shift->rule != CREW_ALL && i < shift->count; i++)
        if (shift->states[i] == TAKEN &&
            (shift->rule == CREW_ONE_BY_ONE ||
             strcmp(shift->statements[i].table, shift->statements[index].table) == 0))
            return false;
    return true;
}

/* The next step for a worker, which waits where others have to be done first; false: there is none.
 */
static bool next_step(struct shift *shift, size_t *index)
{
    for (;;) {
        bool waiting = false;
        for (*index = 0; *index < shift->count && shift->failed == shift->count; (*index)++) {
            if (is_free(shift, *index))
                return true;
            waiting = waiting || shift->states[*index] == WAITING;
        }
        if (!waiting)
            return false;
        pthread_cond_wait(&shift->changed, &shift->lock);
    }
}

static void announce(struct crew *crew, const struct schema_statement *statement)
{
    const struct progress progress = {
        .entity = statement->name, .batch = ++crew->taken, .records = crew->all};
    message_progress(&progress);
}

static void note(struct shift *shift, size_t index, bool ok, const struct error *error)
{
    shift->states[index] = DONE;
    if (!ok && index < shift->failed) {
        shift->failed = index;
        *shift->error = *error;
    }
    pthread_cond_broadcast(&shift->changed);
}

static void work(struct shift *shift, struct postgres *target)
{
    size_t index;
    pthread_mutex_lock(&shift->lock);
    while (next_step(shift, &index)) {
        const struct schema_statement *statement = &shift->statements[index];
        struct error error = {0};
        double seconds = 0;
        bool made;
        shift->states[index] = TAKEN;
        announce(shift->crew, statement);
        pthread_mutex_unlock(&shift->lock);
        bool ok = step_take(target, shift->crew->project, shift->crew->fence, statement, &made,
                            &seconds, &error);
        pthread_mutex_lock(&shift->lock);
        note(shift, index, ok, &error);
        if (ok && made) {
            message_info("%s: %.1f s", statement->name, seconds);
            crash_point(CRASH_LOAD_STEP_DONE);
        }
    }
    pthread_mutex_unlock(&shift->lock);
}

/* Without a connection the others do its share. */
static void *work_beside(void *context)
{
    struct worker *worker = context;
    struct error unsaid;
    if (worker->target->connection != NULL ||
        load_connect(worker->target, worker->shift->crew->project, &unsaid))
        work(worker->shift, worker->target);
    return NULL;
}

bool crew_take(struct crew *crew, struct postgres *target, enum crew_rule rule,
               const struct schema_statement *statements, size_t count, struct error *error)
{
    struct worker workers[CREW_MOST];
    struct shift shift = {
        .crew = crew,
        .rule = rule,
        .statements = statements,
        .count = count,
        .states = calloc(count + 1, sizeof *shift.states),
        .failed = count,
        .error = error,
    };
    if (shift.states == NULL)
        return error_memory(error);
    pthread_mutex_init(&shift.lock, NULL);
    pthread_cond_init(&shift.changed, NULL);
    size_t wanted = rule == CREW_ONE_BY_ONE ? 1
                    : crew->jobs < count    ? crew->jobs
                                            : count,
           begun = 1;
    for (; begun < wanted; begun++) {
        struct worker *worker = &workers[begun];
        *worker = (struct worker){.shift = &shift, .target = &crew->others[begun]};
        if (pthread_create(&worker->thread, NULL, work_beside, worker) != 0)
            break;
    }
    work(&shift, target);
    while (begun > 1)
        pthread_join(workers[--begun].thread, NULL);
    pthread_cond_destroy(&shift.changed);
    pthread_mutex_destroy(&shift.lock);
    free(shift.states);
    return shift.failed == count;
}
