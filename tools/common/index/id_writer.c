#include "graduate/buffer.h"
#include "graduate/file.h"
#include "graduate/id_index.h"
#include "id_layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RUN = 1 << 17, MERGE_ENTRIES = 1 << 17, FILLED_BUCKET = 16, MOST_BITS = 16 };

_Static_assert(sizeof(struct id_entry) == ID_ENTRY_SIZE, "an entry is written as it is in memory");

/* ---- runs ------------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    const struct id_entry *x = a, *y = b;
    int order = memcmp(x->hash, y->hash, sizeof x->hash);
    return order != 0 ? order : (y->flags & ID_STAYS) - (x->flags & ID_STAYS);
}

bool id_writer_open(struct id_writer *writer, const char *path, struct error *error)
{
    *writer = (struct id_writer){.runs = -1};
    int longest = snprintf(writer->runs_path, PATH_MAX, "%s.partial.runs", path);
    if (longest < 0 || longest >= PATH_MAX)
        return error_set(error, ERROR_USAGE, "the path %s is too long", path);
    snprintf(writer->path, PATH_MAX, "%s", path);
    snprintf(writer->temporary, PATH_MAX, "%.*s", longest - (int)strlen(".runs"),
             writer->runs_path);
    writer->entries = malloc(RUN * sizeof *writer->entries);
    if (writer->entries == NULL)
        return error_memory(error);
    writer->runs = open(writer->runs_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return writer->runs >= 0 ||
           error_set_errno(error, ERROR_TARGET, "cannot write %s", writer->runs_path);
}

static bool end_run(struct id_writer *writer, struct error *error)
{
    if (writer->count == 0)
        return true;
    qsort(writer->entries, writer->count, sizeof *writer->entries, compare);
    if (!file_write_all(writer->runs, writer->runs_path, writer->entries,
                        writer->count * sizeof *writer->entries, error))
        return false;
    writer->written += writer->count;
    writer->count = 0;
    return true;
}

bool id_writer_add(struct id_writer *writer, const struct id_entry *entry, struct error *error)
{
    writer->entries[writer->count++] = *entry;
    return writer->count < RUN || end_run(writer, error);
}

void id_writer_close(struct id_writer *writer)
{
    if (writer->runs >= 0) {
        close(writer->runs);
        unlink(writer->runs_path);
        unlink(writer->temporary);
    }
    free(writer->entries);
    *writer = (struct id_writer){.runs = -1};
}

/* ---- merging --------------------------------------------------------------------------------- */

/* What of a run is at hand. */
struct run {
    struct id_entry *entries;
    size_t next, count;
    uint64_t offset, end; /* in entries of the file */
};

struct merge {
    const struct id_writer *writer;
    struct run *runs;
    size_t *heap; /* numbers of runs, the one with the smallest entry first */
    size_t run_count, heap_count, room;
    int out;
    struct buffer written;
    uint64_t *begins; /* of buckets; filled as far as they have begun */
    uint64_t bucket, count;
    uint32_t bits;
};

static bool fill(const struct merge *m, struct run *run, struct error *error)
{
    uint64_t left = run->end - run->offset;
    size_t count = left < m->room ? (size_t)left : m->room;
    size_t bytes = count * sizeof *run->entries, got = 0;
    while (got < bytes) {
        ssize_t n = pread(m->writer->runs, (uint8_t *)run->entries + got, bytes - got,
                          (off_t)(run->offset * sizeof *run->entries + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return error_set_errno(error, ERROR_TARGET, "cannot read %s", m->writer->runs_path);
        got += (size_t)n;
    }
    run->offset += count;
    run->count = count;
    run->next = 0;
    return true;
}

static const struct id_entry *first_of(const struct merge *m, size_t place)
{
    const struct run *run = &m->runs[m->heap[place]];
    return &run->entries[run->next];
}

static void sink(struct merge *m, size_t place)
{
    for (size_t child; (child = 2 * place + 1) < m->heap_count; place = child) {
        if (child + 1 < m->heap_count && compare(first_of(m, child + 1), first_of(m, child)) < 0)
            child++;
        if (compare(first_of(m, place), first_of(m, child)) <= 0)
            return;
        size_t kept = m->heap[place];
        m->heap[place] = m->heap[child];
        m->heap[child] = kept;
    }
}

static bool take(struct merge *m, struct id_entry *entry, struct error *error)
{
    struct run *run = &m->runs[m->heap[0]];
    *entry = run->entries[run->next++];
    if (run->next == run->count && run->offset < run->end && !fill(m, run, error))
        return false;
    if (run->next == run->count)
        m->heap[0] = m->heap[--m->heap_count];
    sink(m, 0);
    return true;
}

static bool flush(struct merge *m, struct error *error)
{
    bool ok =
        buffer_ok(&m->written, error) &&
        file_write_all(m->out, m->writer->temporary, m->written.data, m->written.length, error);
    buffer_clear(&m->written);
    return ok;
}

static bool put(struct merge *m, const struct id_entry *entry, struct error *error)
{
    uint64_t bucket = id_bucket(entry->hash, m->bits);
    while (m->bucket <= bucket)
        m->begins[m->bucket++] = m->count;
    m->count++;
    buffer_put(&m->written, entry, sizeof *entry);
    return m->written.length < (1 << 20) || flush(m, error);
}

static bool put_all(struct merge *m,
                    bool (*twice)(void *context, const struct id_entry *one,
                                  const struct id_entry *other, struct error *error),
                    void *context, struct error *error)
{
    struct id_entry last, next;
    bool any = false;
    while (m->heap_count > 0) {
        if (!take(m, &next, error))
            return false;
        bool same = any && memcmp(last.hash, next.hash, sizeof next.hash) == 0;
        if (same && (last.flags & next.flags & ID_STAYS) && (last.flags & ID_ONCE))
            return twice(context, &last, &next, error);
        if (same) /* of one value those that stay come first */
            continue;
        if (!put(m, &next, error))
            return false;
        last = next;
        any = true;
    }
    while (m->bucket <= (uint64_t)1 << m->bits)
        m->begins[m->bucket++] = m->count;
    return true;
}

static bool begin_merge(struct merge *m, struct error *error)
{
    uint64_t all = m->writer->written;
    m->run_count = (size_t)((all + RUN - 1) / RUN);
    m->room = m->run_count > 0 ? MERGE_ENTRIES / m->run_count : 0;
    m->room = m->room > 0 ? m->room : 1;
    while (m->bits < MOST_BITS && all >> m->bits > FILLED_BUCKET)
        m->bits++;
    m->begins = calloc(((size_t)1 << m->bits) + 1, sizeof *m->begins);
    m->runs = calloc(m->run_count + 1, sizeof *m->runs);
    m->heap = calloc(m->run_count + 1, sizeof *m->heap);
    if (m->begins == NULL || m->runs == NULL || m->heap == NULL)
        return error_memory(error);
    for (size_t i = 0; i < m->run_count; i++) {
        struct run *run = &m->runs[i];
        run->offset = (uint64_t)i * RUN;
        run->end = run->offset + RUN < all ? run->offset + RUN : all;
        run->entries = malloc(m->room * sizeof *run->entries);
        if (run->entries == NULL)
            return error_memory(error);
        if (!fill(m, run, error))
            return false;
        m->heap[m->heap_count++] = i;
    }
    for (size_t i = m->heap_count; i-- > 0;)
        sink(m, i);
    return true;
}

static void end_merge(struct merge *m)
{
    for (size_t i = 0; m->runs != NULL && i < m->run_count; i++)
        free(m->runs[i].entries);
    free(m->runs);
    free(m->heap);
    free(m->begins);
    buffer_release(&m->written);
    if (m->out >= 0)
        close(m->out);
}

/* Behind the entries, and the head that was left empty. */
static bool put_table(struct merge *m, struct error *error)
{
    uint8_t head[ID_HEAD];
    for (uint64_t i = 0; i <= (uint64_t)1 << m->bits; i++)
        buffer_put_le64(&m->written, m->begins[i]);
    id_head_write(head, m->count, m->bits);
    if (!flush(m, error))
        return false;
    return pwrite(m->out, head, sizeof head, 0) == (ssize_t)sizeof head ||
           error_set_errno(error, ERROR_TARGET, "cannot write %s", m->writer->temporary);
}

bool id_writer_finish(struct id_writer *writer,
                      bool (*twice)(void *context, const struct id_entry *one,
                                    const struct id_entry *other, struct error *error),
                      void *context, struct error *error)
{
    static const uint8_t empty[ID_HEAD];
    struct merge m = {.writer = writer, .out = -1};
    buffer_init(&m.written);
    bool ok = end_run(writer, error);
    free(writer->entries); /* the merge has its own */
    writer->entries = NULL;
    if (ok) {
        m.out = open(writer->temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        ok = m.out >= 0 ||
             error_set_errno(error, ERROR_TARGET, "cannot write %s", writer->temporary);
    }
    buffer_put(&m.written, empty, sizeof empty);
    ok = ok && begin_merge(&m, error) && put_all(&m, twice, context, error) &&
         put_table(&m, error) && file_settle(m.out, writer->temporary, writer->path, error);
    end_merge(&m);
    return ok;
}
