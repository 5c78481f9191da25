#include "record_window.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#ifdef __x86_64__
#include <xxh_x86dispatch.h> /* by the widest instructions that this machine has */
#endif

enum { WINDOW = 1 << 20 };

static int64_t count_lines(const uint8_t *bytes, size_t length)
{
    int64_t lines = 0;
    for (const uint8_t *at = bytes, *end = bytes + length;
         at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        lines++;
    return lines;
}

bool record_window_damaged(const struct record_window *window, size_t ahead, struct error *error,
                           const char *format, ...)
{
    struct buffer what, line;
    va_list args;
    buffer_init(&what);
    buffer_init(&line);
    va_start(args, format);
    buffer_vprintf(&what, format, args);
    va_end(args);
    if (window->lines)
        buffer_printf(&line, ", line %" PRId64,
                      window->line + count_lines(window->bytes.data + window->start, ahead) + 1);
    error_set(error, ERROR_SOURCE, "%s%s: document %" PRId64 " at byte %" PRId64 "%s: %s",
              window->file.path, buffer_text(&line), window->record + 1,
              window->offset + (int64_t)ahead,
              window->part != NULL ? " of the collection"
              : window->file.gzip  ? " of the uncompressed data"
                                   : "",
              buffer_text(&what));
    buffer_release(&what);
    buffer_release(&line);
    error_at(error, window->collection, NULL, NULL);
    return error_hint(error, "%s", EXPORT_ADVICE);
}

static bool open_bytes(struct record_window *window, const char *path, const char *database,
                       struct error *error)
{
    if (!packed_file_open(&window->file, path, error))
        return false;
    if (database == NULL)
        return true;
    window->part = archive_part_open(&window->file, database, window->collection, error);
    if (window->part == NULL)
        packed_file_close(&window->file);
    return window->part != NULL;
}

bool record_window_open(struct record_window *window, const char *path, const char *database,
                        const char *collection, struct error *error)
{
    *window = (struct record_window){.collection = strdup(collection), .hash = XXH3_createState()};
    buffer_init(&window->bytes);
    bool ok = window->collection != NULL && window->hash != NULL ? true : error_memory(error);
    if (ok) {
        XXH3_128bits_reset(window->hash);
        ok = open_bytes(window, path, database, error);
    }
    if (ok)
        return true;
    XXH3_freeState(window->hash);
    free(window->collection);
    return error_at(error, collection, NULL, NULL);
}

void record_window_close(struct record_window *window)
{
    archive_part_close(window->part);
    packed_file_close(&window->file);
    buffer_release(&window->bytes);
    XXH3_freeState(window->hash);
    free(window->collection);
}

/* In long pieces: a record is often shorter than what the hash takes at a time. */
static void catch_up(struct record_window *window)
{
    if (window->start > window->hashed)
        XXH3_128bits_update(window->hash, window->bytes.data + window->hashed,
                            window->start - window->hashed);
    window->hashed = window->start;
}

static bool read_more(struct record_window *window, size_t wanted, struct error *error)
{
    struct buffer *bytes = &window->bytes;
    size_t held = bytes->length - window->start;
    catch_up(window);
    if (held > 0 && window->start > 0)
        memmove(bytes->data, bytes->data + window->start, held);
    bytes->length = held;
    window->start = window->hashed = 0;
    size_t room = (wanted > WINDOW ? wanted : WINDOW) - held, got;
    uint8_t *to = buffer_reserve(bytes, room);
    if (to == NULL)
        return error_memory(error);
    if (window->part != NULL ? !archive_part_read(window->part, to, room, &got, error)
                             : !packed_file_read(&window->file, to, room, &got, error))
        return error_at(error, window->collection, NULL, NULL);
    bytes->length += got;
    return true;
}

bool record_window_fill(struct record_window *window, size_t wanted, const uint8_t **bytes,
                        size_t *held, struct error *error)
{
    if (window->bytes.length - window->start < wanted && !read_more(window, wanted, error))
        return false;
    *held = window->bytes.length - window->start;
    *bytes = window->bytes.data + window->start;
    return true;
}

void record_window_take(struct record_window *window, size_t bytes)
{
    if (window->lines)
        window->line += count_lines(window->bytes.data + window->start, bytes);
    window->start += bytes;
    window->offset += (int64_t)bytes;
}

bool record_window_pass(struct record_window *window, int64_t bytes, int64_t *passed,
                        struct error *error)
{
    const uint8_t *there;
    size_t held = 1;
    *passed = 0;
    while (*passed < bytes && held > 0) {
        if (!record_window_fill(window, 1, &there, &held, error))
            return false;
        int64_t left = bytes - *passed;
        size_t part = (int64_t)held < left ? held : (size_t)left;
        record_window_take(window, part);
        *passed += (int64_t)part;
    }
    return true;
}

void record_window_hash(struct record_window *window, uint8_t hash[RECORD_WINDOW_HASH])
{
    XXH128_canonical_t canonical;
    catch_up(window);
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(window->hash));
    memcpy(hash, canonical.digest, RECORD_WINDOW_HASH);
}
