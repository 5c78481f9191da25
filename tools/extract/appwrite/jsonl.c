/* An export of Appwrite: a folder with one file of JSON lines per list, "users.jsonl" and
 * "user_preferences.jsonl"; each line is one object as the REST API prints it. */
#include "appwrite_api.h"
#include "appwrite_source.h"
#include "graduate/file.h"
#include "json_bson.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_BYTES = 64 << 20, READ_BYTES = 256 << 10 };

static const char suffix[] = ".jsonl", packed[] = ".jsonl.gz";

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    return length > tail && strcmp(name + length - tail, end) == 0;
}

/* The catalog. */

static bool add_file(const char *folder, const char *file, struct catalog *catalog,
                     struct error *error)
{
    char path[PATH_MAX], name[NAME_MAX + 1];
    struct stat info;
    if (!file_join(path, sizeof path, folder, file, error))
        return false;
    if (ends_with(file, packed)) {
        error_set(error, ERROR_SOURCE, "%s is compressed", path);
        return error_hint(error, "unpack it: gunzip %s", path);
    }
    if (!ends_with(file, suffix))
        return true;
    if (stat(path, &info) != 0)
        return error_set_errno(error, ERROR_SOURCE, "cannot look at %s", path);
    if (!S_ISREG(info.st_mode))
        return error_set(error, ERROR_SOURCE, "%s is no file", path);
    snprintf(name, sizeof name, "%.*s", (int)(strlen(file) - strlen(suffix)), file);
    struct catalog_entity *entity = catalog_add(catalog, name);
    if (entity == NULL)
        return error_memory(error);
    entity->bytes = info.st_size;
    return true;
}

static bool fill_catalog(const struct endpoint *endpoint, struct catalog *catalog,
                         struct error *error)
{
    struct dirent **files;
    int count = scandir(endpoint->folder, &files, NULL, alphasort);
    if (count < 0) {
        error_set_errno(error, ERROR_SOURCE, "cannot read the folder %s", endpoint->folder);
        return error_hint(error,
                          "the URI of the source \"%s\" should read file:DIR, with the "
                          "folder of an export",
                          endpoint->source->name);
    }
    catalog->source = strdup(endpoint->source->name);
    catalog->kind = strdup(source_kind_names[SOURCE_APPWRITE]);
    catalog->version = strdup("export");
    bool ok = (catalog->source != NULL && catalog->kind != NULL && catalog->version != NULL) ||
              error_memory(error);
    for (int i = 0; i < count; i++) {
        ok = ok && add_file(endpoint->folder, files[i]->d_name, catalog, error);
        free(files[i]);
    }
    free(files);
    if (ok && catalog->entity_count == 0) {
        error_set(error, ERROR_SOURCE, "%s holds no *.jsonl file", endpoint->folder);
        return error_hint(error, "an export has one file of JSON lines per collection, and "
                                 "users.jsonl");
    }
    return ok;
}

/* The reader. */

struct jsonl {
    int fd;
    char path[PATH_MAX];
    char *from;
    const char *sign; /* a member that every record has, unless the export is lossy; or NULL */
    struct buffer bytes;
    size_t start;   /* of the next line, in `bytes` */
    int64_t line;   /* the number of the last line delivered */
    int64_t offset; /* in the file, behind that line */
    int64_t passed; /* lines read so far */
    int64_t at;     /* in the file, behind them */
    bool ended;     /* bytes holds the rest of the file */
};

static void close_reader(struct reader *reader)
{
    struct jsonl *state = reader->state;
    if (state->fd >= 0)
        close(state->fd);
    buffer_release(&state->bytes);
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

/* {"line": int64, "offset": int64} */
static bool read_position(struct jsonl *state, const bson_t *after, struct error *error)
{
    bson_iter_t at;
    bool ok = bson_iter_init(&at, after);
    state->line = state->offset = -1;
    while (ok && bson_iter_next(&at)) {
        const char *key = bson_iter_key(&at);
        int64_t *to = strcmp(key, "line") == 0     ? &state->line
                      : strcmp(key, "offset") == 0 ? &state->offset
                                                   : NULL;
        ok = to != NULL && BSON_ITER_HOLDS_INT64(&at);
        if (ok)
            *to = bson_iter_int64(&at);
    }
    if (ok && state->line > 0 && state->offset > 0)
        return true;
    error_set(error, ERROR_REFUSED, "the position to go on from is not one of a JSON lines file");
    return error_hint(error, "the run began on another kind of source: give it that one again, or "
                             "begin a new run");
}

/* Stand behind the last line delivered, which must end there still. */
static bool seek_position(struct jsonl *state, struct error *error)
{
    char last = '\0';
    off_t end = lseek(state->fd, 0, SEEK_END);
    if (end >= state->offset && pread(state->fd, &last, 1, state->offset - 1) == 1 &&
        (last == '\n' || end == state->offset) &&
        lseek(state->fd, state->offset, SEEK_SET) == state->offset) {
        state->passed = state->line;
        state->at = state->offset;
        return true;
    }
    error_set(error, ERROR_SOURCE,
              "%s has changed since the run began: no line ends at byte %" PRId64, state->path,
              state->offset);
    return error_hint(error, "put the file back as it was, or begin a new run");
}

static bool open_file(struct jsonl *state, const struct extraction *what, struct error *error)
{
    char file[NAME_MAX + 1];
    const struct appwrite_list *list = appwrite_list_find(what->from);
    state->sign = list != NULL ? list->sign : appwrite_documents.sign;
    state->from = strdup(what->from);
    if (state->from == NULL)
        return error_memory(error);
    if (snprintf(file, sizeof file, "%s%s", what->from, suffix) >= (int)sizeof file ||
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
    reader->state = state;
    state->fd = -1;
    bool ok = (what->after == NULL || read_position(state, what->after, error)) &&
              open_file(state, what, error) && (what->after == NULL || seek_position(state, error));
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

/* Whether a string anywhere in the value is what Appwrite's command line tool writes in the place
 * of a secret: "[hidden]", maybe with the secret's last four characters. */
static bool is_masked(json_t *value)
{
    static const char mask[] = "[hidden]";
    const char *key;
    json_t *item;
    size_t i;
    if (json_is_string(value))
        return strncmp(json_string_value(value), mask, sizeof mask - 1) == 0 &&
               json_string_length(value) <= sizeof mask - 1 + 4;
    json_array_foreach(value, i, item)
    {
        if (is_masked(item))
            return true;
    }
    json_object_foreach(value, key, item)
    {
        if (is_masked(item))
            return true;
    }
    return false;
}

/* The command line tool can leave things out, and then looks as if it had not. */
static bool check_whole(const struct jsonl *state, json_t *record, struct error *error)
{
    static const char hint[] = "export again with `appwrite ... --raw --show-secrets`, or over the "
                               "REST API";
    const char *key;
    json_t *value;
    if (state->sign != NULL && json_object_get(record, state->sign) == NULL) {
        error_set(error, ERROR_SOURCE, "\"%s\" is missing, so this export is not whole",
                  state->sign);
        return error_hint(error, "%s", hint);
    }
    json_object_foreach(record, key, value)
    {
        if (!is_masked(value))
            continue;
        error_set(error, ERROR_SOURCE, "\"%s\" is masked: \"[hidden]\" stands in its place", key);
        return error_hint(error, "%s", hint);
    }
    return true;
}

static bool deliver(struct jsonl *state, const char *line, size_t length, struct buffer *payload,
                    struct error *error)
{
    json_t *record;
    bool cut;
    if (!json_bson_parse(line, length, &record, &cut, error)) {
        bool last = state->ended && state->start == state->bytes.length;
        if (cut)
            error_hint(error, "%s",
                       last ? "the file ends within a record: export it again"
                            : "each object must be on one line, as `jq -c .` does it");
        return line_error(state, NULL, error);
    }
    const char *id = NULL;
    int64_t sequence;
    bool ok = appwrite_record(record, &id, &sequence, error);
    if (!ok)
        error_hint(error, "each line must be one record, not a page of them: `jq -c '.users[]'` "
                          "takes a page apart");
    ok = ok && check_whole(state, record, error) && json_bson_put(record, payload, error);
    if (!ok)
        line_error(state, id, error);
    json_decref(record);
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
    if (!*more)
        return true;
    if (!deliver(state, line, length, payload, error))
        return false;
    state->line = state->passed;
    state->offset = state->at;
    return true;
}

static bool position(struct reader *reader, bson_t *out, struct error *error)
{
    const struct jsonl *state = reader->state;
    return (BSON_APPEND_INT64(out, "line", state->line) &&
            BSON_APPEND_INT64(out, "offset", state->offset)) ||
           error_memory(error);
}

const struct reader_ops jsonl_reader = {
    .kind = SOURCE_APPWRITE,
    .export = true,
    .catalog = fill_catalog,
    .open = open_reader,
    .next = next_record,
    .position = position,
    .close = close_reader,
};
