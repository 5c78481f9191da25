#include "document_file.h"
#include "soundness.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#ifdef __x86_64__
#include <xxh_x86dispatch.h> /* by the widest instructions that this machine has */
#endif

/* A document of MongoDB has at most 16 MiB, and 16 KiB more inside the server. */
enum { LARGEST = (16 << 20) + (16 << 10), WINDOW = 1 << 20, SAMPLE = 1 << 20 };

static bool damaged(const struct document_file *file, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool damaged(const struct document_file *file, struct error *error, const char *format, ...)
{
    struct buffer what;
    va_list args;
    buffer_init(&what);
    va_start(args, format);
    buffer_vprintf(&what, format, args);
    va_end(args);
    error_set(error, ERROR_SOURCE, "%s: document %" PRId64 " at byte %" PRId64 "%s: %s",
              file->file.path, file->document + 1, file->offset,
              file->file.gzip ? " of the uncompressed data" : "", buffer_text(&what));
    buffer_release(&what);
    error_at(error, file->collection, NULL, NULL);
    return error_hint(error, "%s", EXPORT_ADVICE);
}

bool document_file_open(struct document_file *file, const char *path, const char *collection,
                        struct error *error)
{
    *file = (struct document_file){.collection = strdup(collection), .hash = XXH3_createState()};
    buffer_init(&file->window);
    bool ok = file->collection != NULL && file->hash != NULL ? true : error_memory(error);
    if (ok) {
        XXH3_128bits_reset(file->hash);
        ok = packed_file_open(&file->file, path, error);
    }
    if (ok)
        return true;
    XXH3_freeState(file->hash);
    free(file->collection);
    return error_at(error, collection, NULL, NULL);
}

void document_file_close(struct document_file *file)
{
    packed_file_close(&file->file);
    buffer_release(&file->window);
    XXH3_freeState(file->hash);
    free(file->collection);
}

/* In long pieces: a document is often shorter than what the hash takes at a time. */
static void catch_up(struct document_file *file)
{
    if (file->start > file->hashed)
        XXH3_128bits_update(file->hash, file->window.data + file->hashed,
                            file->start - file->hashed);
    file->hashed = file->start;
}

/* Bring at least `wanted` undelivered bytes into the window, or all that are left. */
static bool fill(struct document_file *file, size_t wanted, struct error *error)
{
    struct buffer *window = &file->window;
    size_t held = window->length - file->start;
    if (held >= wanted)
        return true;
    catch_up(file);
    if (held > 0)
        memmove(window->data, window->data + file->start, held);
    window->length = held;
    file->start = file->hashed = 0;
    size_t room = (wanted > WINDOW ? wanted : WINDOW) - held, got;
    uint8_t *to = buffer_reserve(window, room);
    if (to == NULL)
        return error_memory(error);
    if (!packed_file_read(&file->file, to, room, &got, error))
        return error_at(error, file->collection, NULL, NULL);
    window->length += got;
    return true;
}

bool document_file_next(struct document_file *file, const uint8_t **document, size_t *length,
                        struct error *error)
{
    if (!fill(file, 4, error))
        return false;
    size_t held = file->window.length - file->start;
    *length = 0;
    if (held == 0)
        return true;
    if (held < 4)
        return damaged(file, error, "only %zu bytes of it are left in the file", held);
    uint32_t claimed = get_le32(file->window.data + file->start);
    if (claimed < 5 || claimed > LARGEST)
        return damaged(file, error, "its length says %" PRId32 ", which no document has",
                       (int32_t)claimed);
    if (!fill(file, claimed, error))
        return false;
    held = file->window.length - file->start;
    if (held < claimed)
        return damaged(file, error, "it should have %" PRIu32 " bytes, but the file ends after %zu",
                       claimed, held);
    *document = file->window.data + file->start;
    size_t at;
    const char *problem = soundness_problem(*document, claimed, &at);
    if (problem != NULL)
        return damaged(file, error, "%s (at its byte %zu)", problem, at);
    *length = claimed;
    file->start += claimed;
    file->offset += claimed;
    file->document++;
    return true;
}

bool document_file_pass(struct document_file *file, int64_t bytes, int64_t documents,
                        int64_t *passed, struct error *error)
{
    *passed = 0;
    while (*passed < bytes) {
        if (!fill(file, 1, error))
            return false;
        size_t held = file->window.length - file->start;
        if (held == 0)
            break;
        int64_t left = bytes - *passed;
        size_t part = (int64_t)held < left ? held : (size_t)left;
        file->start += part;
        *passed += (int64_t)part;
    }
    file->offset += *passed;
    file->document += documents;
    return true;
}

void document_file_hash(struct document_file *file, uint8_t hash[DOCUMENT_FILE_HASH])
{
    XXH128_canonical_t canonical;
    catch_up(file);
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(file->hash));
    memcpy(hash, canonical.digest, DOCUMENT_FILE_HASH);
}

int64_t document_file_estimate(struct document_file *file, bool *exact)
{
    struct error ignored;
    const uint8_t *document;
    size_t length = 1;
    *exact = false;
    while (length > 0 && file->offset < SAMPLE)
        if (!document_file_next(file, &document, &length, &ignored))
            return -1;
    *exact = length == 0;
    if (*exact)
        return file->document;
    int64_t used = packed_file_used(&file->file);
    double loaded = (double)file->offset + (double)(file->window.length - file->start);
    double whole = loaded * (double)file->file.size / (double)(used > 0 ? used : 1);
    return (int64_t)(whole * (double)file->document / (double)file->offset);
}
