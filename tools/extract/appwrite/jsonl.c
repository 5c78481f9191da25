/* The reader of an export of Appwrite. */
#include "appwrite_api.h"
#include "appwrite_source.h"
#include "graduate/file.h"
#include "graduate/json_bson.h"
#include "jsonl_catalog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { LINE_BYTES = 64 << 20, READ_BYTES = 256 << 10 };

struct jsonl {
    int fd;
    char path[PATH_MAX];
    char *from;
    const char *sign; /* a member that every record has, unless the export is lossy; or NULL */
    struct buffer bytes;
    size_t start;       /* of the next line, in `bytes` */
    int64_t passed;     /* lines read so far */
    int64_t at;         /* in the file, behind them */
    bool ended;         /* bytes holds the rest of the file */
    XXH3_state_t *hash; /* of all bytes of the file up to `at` */
};

static void close_reader(struct reader *reader)
{
    struct jsonl *state = reader->state;
    if (state->fd >= 0)
        close(state->fd);
    buffer_release(&state->bytes);
    XXH3_freeState(state->hash);
    free(state->from);
    free(state);
    reader->state = NULL;
}

/* Put the line in front of what went wrong in it. */
static bool line_error(const struct jsonl *state, const char *id, struct error *error)
{
    struct error cause = *error;
    error_set(error, cause.code, "%s, line %" PRId64 ": %s", state->path, state->passed,
              cause.message);
    if (cause.hint[0] != '\0')
        error_hint(error, "%s", cause.hint);
    return error_at(error, state->from, id, cause.path);
}

/* {"line": int64, "offset": int64, "hash": int64 (of all bytes before the offset)} */
struct place {
    int64_t line, offset, hash;
};

static bool read_position(const bson_t *after, struct place *place, struct error *error)
{
    bson_iter_t at;
    bool ok = bson_iter_init(&at, after), hashed = false;
    *place = (struct place){0};
    while (ok && bson_iter_next(&at)) {
        const char *key = bson_iter_key(&at);
        int64_t *to = strcmp(key, "line") == 0     ? &place->line
                      : strcmp(key, "offset") == 0 ? &place->offset
                      : strcmp(key, "hash") == 0   ? &place->hash
                                                   : NULL;
        ok = to != NULL && BSON_ITER_HOLDS_INT64(&at);
        if (ok)
            *to = bson_iter_int64(&at);
        hashed = hashed || to == &place->hash;
    }
    if (ok && hashed && place->line > 0 && place->offset > 0)
        return true;
    error_set(error, ERROR_REFUSED, "the position to go on from is not one of a JSON lines file");
    return error_hint(error, "the run began on another kind of source, or with another version of "
                             "graduate: give it that one again, or begin a new run");
}

static bool another(const struct jsonl *state, const char *what, struct error *error)
{
    error_set(error, ERROR_REFUSED, "the export %s is not the one that the run began with: %s",
              state->path, what);
    return error_hint(error, "put it back as it was: an export can be corrected in place only "
                             "behind what was read; else graduate run --restart ENTITY");
}

/* Stand behind the last line delivered, when the bytes before it are those that were read. */
static bool seek_position(struct jsonl *state, const struct place *place, struct error *error)
{
    char what[96];
    struct stat info;
    if (fstat(state->fd, &info) != 0)
        return error_set_errno(error, ERROR_SOURCE, "cannot look at %s", state->path);
    if (info.st_size < place->offset) {
        snprintf(what, sizeof what, "its size is %lld bytes, and %" PRId64 " were read",
                 (long long)info.st_size, place->offset);
        return another(state, what, error);
    }
    uint8_t *bytes = buffer_reserve(&state->bytes, READ_BYTES);
    if (bytes == NULL)
        return error_memory(error);
    while (state->at < place->offset) {
        size_t got, left = (size_t)(place->offset - state->at);
        if (!file_read_full(state->fd, state->path, bytes, left < READ_BYTES ? left : READ_BYTES,
                            &got, error))
            return false;
        XXH3_64bits_update(state->hash, bytes, got);
        state->at += (int64_t)got;
        if (got == 0)
            break;
    }
    state->passed = place->line;
    if (state->at == place->offset && (int64_t)XXH3_64bits_digest(state->hash) == place->hash)
        return true;
    snprintf(what, sizeof what, "its first %" PRId64 " bytes differ", place->offset);
    return another(state, what, error);
}

static bool open_file(struct jsonl *state, const struct extraction *what, struct error *error)
{
    char file[NAME_MAX + 1];
    const struct appwrite_list *list = appwrite_list_find(what->from);
    state->sign = list != NULL ? list->sign : appwrite_documents.sign;
    state->from = strdup(what->from);
    if (state->from == NULL)
        return error_memory(error);
    if (snprintf(file, sizeof file, "%s%s", what->from, jsonl_suffix) >= (int)sizeof file ||
        strchr(file, '/') != NULL)
        return error_set(error, ERROR_SOURCE, "\"%s\" cannot be the name of a file", what->from);
    if (!file_join(state->path, sizeof state->path, what->endpoint->folder, file, error))
        return false;
    state->fd = open(state->path, O_RDONLY | O_CLOEXEC);
    if (state->fd < 0)
        return error_set_errno(error, ERROR_SOURCE, "cannot open %s", state->path);
    return true;
}

static bool open_reader(struct reader *reader, const struct extraction *what, struct error *error)
{
    struct jsonl *state = calloc(1, sizeof *state);
    if (state == NULL)
        return error_memory(error);
    struct place place;
    reader->state = state;
    state->fd = -1;
    state->hash = XXH3_createState();
    bool ok =
        (state->hash != NULL && XXH3_64bits_reset(state->hash) == XXH_OK) || error_memory(error);
    ok = ok && (what->after == NULL || read_position(what->after, &place, error)) &&
         open_file(state, what, error) &&
         (what->after == NULL || seek_position(state, &place, error));
    if (!ok) {
        error_at(error, what->from, NULL, NULL);
        close_reader(reader);
    }
    return ok;
}

/* The next line, without its end; *found is false when there is none. */
static bool next_line(struct jsonl *state, const char **line, size_t *length, bool *found,
                      struct error *error)
{
    struct buffer *bytes = &state->bytes;
    size_t searched = 0;
    for (;;) {
        size_t have = bytes->length - state->start;
        const uint8_t *end = NULL;
        if (have > searched)
            end = memchr(bytes->data + state->start + searched, '\n', have - searched);
        searched = have;
        if (end != NULL || state->ended) { /* so something was read, and data is not NULL */
            *line = (const char *)bytes->data + state->start;
            *length = end != NULL ? (size_t)(end - bytes->data) - state->start : have;
            *found = *length > 0 || end != NULL;
            size_t whole = *length + (end != NULL ? 1 : 0);
            XXH3_64bits_update(state->hash, *line, whole);
            state->start += whole;
            state->at += (int64_t)whole;
            state->passed += *found;
            return true;
        }
        if (have > LINE_BYTES) {
            state->passed++;
            error_set(error, ERROR_SOURCE, "longer than %d MiB", LINE_BYTES >> 20);
            error_hint(error, "an export has one object on each line");
            return line_error(state, NULL, error);
        }
        size_t got;
        if (have > 0)
            memmove(bytes->data, bytes->data + state->start, have);
        bytes->length = have;
        state->start = 0;
        uint8_t *to = buffer_reserve(bytes, READ_BYTES);
        if (to == NULL)
            return error_memory(error);
        if (!file_read_full(state->fd, state->path, to, READ_BYTES, &got, error))
            return error_at(error, state->from, NULL, NULL);
        bytes->length += got;
        state->ended = got < READ_BYTES;
    }
}

static bool is_blank(const char *line, size_t length)
{
    while (length > 0 && (*line == ' ' || *line == '\t' || *line == '\r')) {
        line++;
        length--;
    }
    return length == 0;
}

/* Whether the text is what Appwrite's command line tool writes in the place of a secret:
 * "[hidden]", maybe with the secret's last four characters. */
static bool is_mask(const bson_iter_t *at)
{
    static const char mask[] = "[hidden]";
    uint32_t length;
    const char *text = bson_iter_utf8(at, &length);
    return strncmp(text, mask, sizeof mask - 1) == 0 && length <= sizeof mask - 1 + 4;
}

/* Whether one stands anywhere in the value. */
static bool is_masked(const bson_iter_t *at)
{
    bson_t inside;
    bson_iter_t item;
    if (BSON_ITER_HOLDS_UTF8(at))
        return is_mask(at);
    if (!json_bson_view(at, &inside) || !bson_iter_init(&item, &inside))
        return false;
    while (bson_iter_next(&item))
        if (is_masked(&item))
            return true;
    return false;
}

/* The command line tool can leave things out, and then looks as if it had not. */
static bool check_whole(const struct jsonl *state, const bson_t *record, struct error *error)
{
    static const char hint[] =
        ADVICE("export again with `appwrite ... --raw --show-secrets`, or over the "
               "REST API");
    bson_iter_t at;
    if (state->sign != NULL && !bson_has_field(record, state->sign)) {
        error_set(error, ERROR_SOURCE, "\"%s\" is missing, so this export is not whole",
                  state->sign);
        return error_hint(error, "%s", hint);
    }
    bool ok = bson_iter_init(&at, record);
    while (ok && bson_iter_next(&at)) {
        if (!is_masked(&at))
            continue;
        error_set(error, ERROR_SOURCE, "\"%s\" is masked: \"[hidden]\" stands in its place",
                  bson_iter_key(&at));
        return error_hint(error, "%s", hint);
    }
    return true;
}

/* What to do about a line that is no record; `cut`: it stops too early. */
static void line_hint(const struct jsonl *state, bool cut, struct error *error)
{
    static const char correct[] =
        ADVICE("correct the line in place and run again, or export it again "
               "and begin a new run");
    bool last = state->ended && state->start == state->bytes.length;
    struct error cause = *error;
    if (cause.hint[0] != '\0')
        error_hint(error, "%s; or %s", cause.hint, correct);
    else if (cut && last)
        error_hint(error, "the file ends within a record: export it again");
    else if (cut)
        error_hint(error, "each object must be on one line, as `jq -c .` does it");
    else
        error_hint(error, "%s", correct);
}

static bool deliver(struct jsonl *state, const char *line, size_t length, struct buffer *payload,
                    struct error *error)
{
    bson_t record = BSON_INITIALIZER;
    const char *id = NULL;
    bool cut, ok = json_bson_parse(line, length, &record, &cut, error);
    if (!ok) {
        struct error unnamed;
        line_hint(state, cut, error);
        appwrite_record_id(&record, &id, &unnamed);
    } else if (!appwrite_record_id(&record, &id, error)) {
        ok = error_hint(error, "each line must be one record, not a page of them: `jq -c "
                               "'.users[]'` takes a page apart");
    }
    ok = ok && check_whole(state, &record, error);
    if (ok)
        buffer_put(payload, bson_get_data(&record), record.len);
    else
        line_error(state, id, error);
    bson_destroy(&record);
    return ok;
}

static bool next_record(struct reader *reader, struct buffer *payload, bool *more,
                        struct error *error)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* UTF-8's byte order mark */
    struct jsonl *state = reader->state;
    const char *line = NULL;
    size_t length = 0;
    do {
        if (!next_line(state, &line, &length, more, error))
            return false;
        if (state->passed == 1 && length >= 3 && memcmp(line, mark, 3) == 0) {
            line += 3;
            length -= 3;
        }
    } while (*more && is_blank(line, length));
    return !*more || deliver(state, line, length, payload, error);
}

/* Nothing more may have come to the file while it was read. */
static bool confirm(struct reader *reader, int64_t delivered, int64_t *held, struct error *error)
{
    const struct jsonl *state = reader->state;
    struct stat info;
    *held = delivered;
    if (fstat(state->fd, &info) != 0)
        return error_set_errno(error, ERROR_SOURCE, "cannot look at %s", state->path);
    if (info.st_size == state->at)
        return true;
    error_set(error, ERROR_SOURCE,
              "%s has changed while it was read: %" PRId64 " bytes were read, and it has %lld",
              state->path, state->at, (long long)info.st_size);
    error_hint(error, "see that nothing writes to the export, and run again");
    return error_at(error, state->from, NULL, NULL);
}

/* Not the size: a line that was not read yet may be corrected. What was read is in the position. */
static bool identity(struct reader *reader, bson_t *out, struct error *error)
{
    const struct jsonl *state = reader->state;
    return BSON_APPEND_UTF8(out, "list", state->from) || error_memory(error);
}

static bool position(struct reader *reader, bson_t *out, struct error *error)
{
    const struct jsonl *state = reader->state;
    return (BSON_APPEND_INT64(out, "line", state->passed) &&
            BSON_APPEND_INT64(out, "offset", state->at) &&
            BSON_APPEND_INT64(out, "hash", (int64_t)XXH3_64bits_digest(state->hash))) ||
           error_memory(error);
}

const struct reader_ops jsonl_reader = {
    .kind = SOURCE_APPWRITE,
    .export = true,
    .catalog = jsonl_catalog,
    .open = open_reader,
    .next = next_record,
    .identity = identity,
    .confirm = confirm,
    .position = position,
    .close = close_reader,
};
