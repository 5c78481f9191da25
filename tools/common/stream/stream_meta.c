/* The meta documents of the stream's frames: structs to BSON and back. */
#include "graduate/stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* bson_append_* fail only when a document would outgrow 2 GiB; one check at the end, by length. */
static bool write_meta(struct stream_writer *writer, enum frame_type type, bson_t *meta, bool ok,
                       const void *payload, size_t payload_length, struct error *error)
{
    ok = ok ? stream_write(writer, type, meta, payload, payload_length, error)
            : error_set(error, ERROR_BUG, "cannot build a frame's meta document");
    bson_destroy(meta);
    return ok;
}

static bool put_text(bson_t *meta, const char *name, const char *value)
{
    return bson_append_utf8(meta, name, -1, value != NULL ? value : "", -1);
}

static bool put_output(bson_t *outputs, size_t index, const struct stream_output *output)
{
    char number[16];
    const char *key;
    bson_t document, array;
    bson_uint32_to_string((uint32_t)index, &key, number, sizeof number);
    bool ok = bson_append_document_begin(outputs, key, -1, &document) &&
              put_text(&document, "table", output->table);
    const struct {
        const char *name;
        const char *const *words;
    } lists[] = {{"columns", output->columns}, {"types", output->types}};
    for (size_t list = 0; ok && list < 2; list++) {
        ok = bson_append_array_begin(&document, lists[list].name, -1, &array);
        for (size_t i = 0; ok && i < output->column_count; i++) {
            bson_uint32_to_string((uint32_t)i, &key, number, sizeof number);
            ok = put_text(&array, key, lists[list].words[i]);
        }
        ok = ok && bson_append_array_end(&document, &array);
    }
    ok = ok && bson_append_array_begin(&document, "key", -1, &array);
    for (size_t i = 0; ok && i < output->key_count; i++) {
        bson_uint32_to_string((uint32_t)i, &key, number, sizeof number);
        ok = bson_append_int32(&array, key, -1, (int32_t)output->key[i]);
    }
    return ok && bson_append_array_end(&document, &array) &&
           bson_append_bool(&document, "ledger", -1, output->ledger) &&
           bson_append_document_end(outputs, &document);
}

bool stream_write_header(struct stream_writer *writer, const struct stream_header *header,
                         const struct stream_output *outputs, size_t output_count,
                         struct error *error)
{
    bson_t meta = BSON_INITIALIZER, array;
    bool ok = BSON_APPEND_INT32(&meta, "version", STREAM_VERSION) &&
              put_text(&meta, "graduate", GRADUATE_VERSION) &&
              put_text(&meta, "stream", header->rows ? "rows" : "records") &&
              put_text(&meta, "project", header->project) &&
              put_text(&meta, "entity", header->entity) &&
              put_text(&meta, "source", header->source) && put_text(&meta, "kind", header->kind) &&
              put_text(&meta, "run", header->run) &&
              BSON_APPEND_INT64(&meta, "batch_bytes", header->batch_bytes) &&
              BSON_APPEND_INT32(&meta, "partition", header->partition) &&
              put_text(&meta, "catalog", header->catalog);
    if (header->rows) {
        ok = ok && bson_append_array_begin(&meta, "outputs", -1, &array);
        for (size_t i = 0; ok && i < output_count; i++)
            ok = put_output(&array, i, &outputs[i]);
        ok = ok && bson_append_array_end(&meta, &array);
    }
    return write_meta(writer, FRAME_HEADER, &meta, ok, NULL, 0, error);
}

bool stream_write_batch(struct stream_writer *writer, const struct stream_batch *batch, bool rows,
                        const void *payload, size_t payload_length, struct error *error)
{
    bson_t meta = BSON_INITIALIZER;
    bool ok = put_text(&meta, "entity", batch->entity) &&
              BSON_APPEND_INT32(&meta, "partition", batch->partition) &&
              BSON_APPEND_INT64(&meta, "batch", batch->batch) &&
              BSON_APPEND_INT64(&meta, "records", batch->records) &&
              BSON_APPEND_DOCUMENT(&meta, "position", &batch->position);
    if (rows)
        ok = ok && BSON_APPEND_INT64(&meta, "filtered", batch->filtered) &&
             BSON_APPEND_INT64(&meta, "rejected", batch->rejected) &&
             BSON_APPEND_DOCUMENT(&meta, "paths", &batch->paths);
    return write_meta(writer, FRAME_BATCH, &meta, ok, payload, payload_length, error);
}

bool stream_write_end(struct stream_writer *writer, const struct stream_end *end,
                      struct error *error)
{
    bson_t meta = BSON_INITIALIZER;
    bool ok = BSON_APPEND_INT64(&meta, "batches", end->batches) &&
              BSON_APPEND_INT64(&meta, "records", end->records) &&
              (!end->has_position || BSON_APPEND_DOCUMENT(&meta, "position", &end->position));
    return write_meta(writer, FRAME_END, &meta, ok, NULL, 0, error);
}

/* Members by name and type; the first that is not as it must be is kept for the error. */
struct members {
    const struct frame *frame;
    const char *wrong;
};

static bool find(struct members *members, const char *name, bson_type_t type, bson_iter_t *iter)
{
    if (bson_iter_init_find(iter, &members->frame->meta, name) && bson_iter_type(iter) == type)
        return true;
    if (members->wrong == NULL)
        members->wrong = name;
    return false;
}

static const char *get_text(struct members *members, const char *name)
{
    bson_iter_t iter;
    return find(members, name, BSON_TYPE_UTF8, &iter) ? bson_iter_utf8(&iter, NULL) : "";
}

static int32_t get_int32(struct members *members, const char *name)
{
    bson_iter_t iter;
    return find(members, name, BSON_TYPE_INT32, &iter) ? bson_iter_int32(&iter) : 0;
}

static int64_t get_count(struct members *members, const char *name)
{
    bson_iter_t iter;
    int64_t value = find(members, name, BSON_TYPE_INT64, &iter) ? bson_iter_int64(&iter) : 0;
    if (value < 0 && members->wrong == NULL)
        members->wrong = name;
    return value;
}

static const uint8_t empty_document[] = {5, 0, 0, 0, 0};

static void get_document(struct members *members, const char *name, bson_t *document)
{
    bson_iter_t iter;
    uint32_t length;
    const uint8_t *data;
    if (find(members, name, BSON_TYPE_DOCUMENT, &iter)) {
        bson_iter_document(&iter, &length, &data);
        if (bson_init_static(document, data, length))
            return;
        if (members->wrong == NULL)
            members->wrong = name;
    }
    bson_init_static(document, empty_document, sizeof empty_document);
}

static bool finish(const struct stream_reader *reader, const struct members *members,
                   struct error *error)
{
    if (members->wrong == NULL)
        return true;
    stream_error(reader, members->frame->number, members->frame->offset, error,
                 "its meta document has no \"%s\" of the right type", members->wrong);
    return error_hint(error, "the stream was not written by graduate; extract it anew");
}

bool stream_parse_header(const struct stream_reader *reader, const struct frame *frame,
                         struct stream_header *header, struct error *error)
{
    struct members members = {frame, NULL};
    int32_t version = get_int32(&members, "version");
    if (members.wrong == NULL && version != STREAM_VERSION) {
        stream_error(reader, frame->number, frame->offset, error,
                     "the stream has version %" PRId32 ", this graduate reads version %d", version,
                     (int)STREAM_VERSION);
        return error_hint(error, "read it with the graduate that wrote it, or extract it anew");
    }
    const char *stream = get_text(&members, "stream");
    *header = (struct stream_header){
        .rows = strcmp(stream, "rows") == 0,
        .project = get_text(&members, "project"),
        .entity = get_text(&members, "entity"),
        .source = get_text(&members, "source"),
        .kind = get_text(&members, "kind"),
        .run = get_text(&members, "run"),
        .batch_bytes = get_count(&members, "batch_bytes"),
        .catalog = get_text(&members, "catalog"),
        .partition = get_int32(&members, "partition"),
    };
    if (members.wrong == NULL && !header->rows && strcmp(stream, "records") != 0)
        members.wrong = "stream";
    return finish(reader, &members, error);
}

bool stream_parse_batch(const struct stream_reader *reader, const struct frame *frame,
                        struct stream_batch *batch, struct error *error)
{
    struct members members = {frame, NULL};
    bson_iter_t iter;
    *batch = (struct stream_batch){
        .entity = get_text(&members, "entity"),
        .partition = get_int32(&members, "partition"),
        .batch = get_count(&members, "batch"),
        .records = get_count(&members, "records"),
    };
    get_document(&members, "position", &batch->position);
    if (bson_iter_init_find(&iter, &frame->meta, "filtered")) { /* a rows batch */
        batch->filtered = get_count(&members, "filtered");
        batch->rejected = get_count(&members, "rejected");
        get_document(&members, "paths", &batch->paths);
    } else {
        bson_init_static(&batch->paths, empty_document, sizeof empty_document);
    }
    return finish(reader, &members, error);
}

bool stream_parse_end(const struct stream_reader *reader, const struct frame *frame,
                      struct stream_end *end, struct error *error)
{
    struct members members = {frame, NULL};
    bson_iter_t iter;
    *end = (struct stream_end){
        .batches = get_count(&members, "batches"),
        .records = get_count(&members, "records"),
        .has_position = bson_iter_init_find(&iter, &frame->meta, "position"),
    };
    if (end->has_position)
        get_document(&members, "position", &end->position);
    return finish(reader, &members, error);
}

/* An output and its lists are one allocation each; the words live in one block behind the pointers. */
static bool copy_words(bson_iter_t *array, const char *const **words, size_t *count)
{
    bson_iter_t item, again;
    size_t n = 0, bytes = 0;
    if (!BSON_ITER_HOLDS_ARRAY(array) || !bson_iter_recurse(array, &item))
        return false;
    again = item;
    while (bson_iter_next(&item)) {
        uint32_t length;
        if (!BSON_ITER_HOLDS_UTF8(&item))
            return false;
        bson_iter_utf8(&item, &length);
        n++;
        bytes += length + 1;
    }
    char **block = malloc(n * sizeof *block + bytes + 1);
    if (block == NULL)
        return false;
    char *at = (char *)(block + n);
    for (size_t i = 0; bson_iter_next(&again); i++) {
        uint32_t length;
        const char *word = bson_iter_utf8(&again, &length);
        block[i] = at;
        memcpy(at, word, length);
        at[length] = '\0';
        at += length + 1;
    }
    *words = (const char *const *)block;
    *count = n;
    return true;
}

static bool copy_key(bson_iter_t *array, struct stream_output *output)
{
    bson_iter_t item;
    if (!BSON_ITER_HOLDS_ARRAY(array) || !bson_iter_recurse(array, &item))
        return false;
    size_t *key = malloc((output->column_count + 1) * sizeof *key);
    if (key == NULL)
        return false;
    output->key = key;
    while (bson_iter_next(&item)) {
        if (!BSON_ITER_HOLDS_INT32(&item) || output->key_count >= output->column_count ||
            (size_t)bson_iter_int32(&item) >= output->column_count)
            return false;
        key[output->key_count++] = (size_t)bson_iter_int32(&item);
    }
    return true;
}

static bool copy_output(bson_iter_t *document, struct stream_output *output)
{
    bson_iter_t item;
    size_t types = 0;
    if (!BSON_ITER_HOLDS_DOCUMENT(document))
        return false;
    bool ok = bson_iter_recurse(document, &item) && bson_iter_find(&item, "table") &&
              BSON_ITER_HOLDS_UTF8(&item);
    if (ok)
        ok = (output->table = strdup(bson_iter_utf8(&item, NULL))) != NULL;
    ok = ok && bson_iter_recurse(document, &item) && bson_iter_find(&item, "columns") &&
         copy_words(&item, &output->columns, &output->column_count);
    ok = ok && bson_iter_recurse(document, &item) && bson_iter_find(&item, "types") &&
         copy_words(&item, &output->types, &types) && types == output->column_count;
    ok = ok && bson_iter_recurse(document, &item) && bson_iter_find(&item, "key") &&
         copy_key(&item, output);
    ok = ok && bson_iter_recurse(document, &item) && bson_iter_find(&item, "ledger") &&
         BSON_ITER_HOLDS_BOOL(&item);
    if (ok)
        output->ledger = bson_iter_bool(&item);
    return ok;
}

bool stream_parse_outputs(const struct stream_reader *reader, const struct frame *frame,
                          struct stream_outputs *outputs, struct error *error)
{
    bson_iter_t array, item;
    *outputs = (struct stream_outputs){0};
    struct members members = {frame, NULL};
    if (!find(&members, "outputs", BSON_TYPE_ARRAY, &array) || !bson_iter_recurse(&array, &item))
        return finish(reader, &members, error);
    while (bson_iter_next(&item)) {
        struct stream_output *items =
            realloc(outputs->items, (outputs->count + 1) * sizeof *items);
        if (items == NULL)
            return error_memory(error);
        outputs->items = items;
        items[outputs->count] = (struct stream_output){0};
        if (!copy_output(&item, &items[outputs->count++])) {
            members.wrong = "outputs";
            return finish(reader, &members, error);
        }
    }
    return true;
}

static void free_const(const void *memory)
{
    union {
        const void *read;
        void *own;
    } pointer = {.read = memory};
    free(pointer.own);
}

void stream_outputs_release(struct stream_outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++) {
        free_const(outputs->items[i].table);
        free_const(outputs->items[i].columns);
        free_const(outputs->items[i].types);
        free_const(outputs->items[i].key);
    }
    free(outputs->items);
    *outputs = (struct stream_outputs){0};
}

bool stream_next_section(const uint8_t **at, const uint8_t *end, struct stream_section *section,
                         struct error *error)
{
    error->code = ERROR_NONE;
    if (*at == end)
        return false;
    if (end - *at >= 16) {
        section->output = get_le32(*at);
        section->rows = get_le32(*at + 4);
        uint64_t length = get_le64(*at + 8);
        if (length <= (uint64_t)(end - *at) - 16) {
            section->tuples = *at + 16;
            section->length = (size_t)length;
            *at += 16 + length;
            return true;
        }
    }
    return error_set(error, ERROR_SOURCE, "a section of the rows is cut off");
}
