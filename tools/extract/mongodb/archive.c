#include "archive.h"
#include "soundness.h"

#include <inttypes.h>
#include <string.h>

enum { INPUT = 256 << 10, SHORTEST = 5, LONGEST = (16 << 20) + (16 << 10) };

static const uint8_t magic[4] = {0x6d, 0xe2, 0x99, 0x81};
static const uint8_t terminator[4] = {0xff, 0xff, 0xff, 0xff};

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

bool archive_is(const char *path)
{
    uint8_t begin[sizeof magic];
    struct packed_file file;
    struct error ignored;
    size_t got;
    if (ends_with(path, ".archive") || ends_with(path, ".archive.gz"))
        return true;
    if (!packed_file_open(&file, path, &ignored))
        return false;
    bool is = packed_file_read(&file, begin, sizeof begin, &got, &ignored) && got == sizeof begin &&
              memcmp(begin, magic, sizeof magic) == 0;
    packed_file_close(&file);
    return is;
}

bool archive_damaged(const struct archive *archive, struct error *error, const char *problem)
{
    error_set(error, ERROR_SOURCE, "%s: %s, at byte %" PRId64 " of the %sarchive",
              archive->file->path, problem, archive->at,
              archive->file->gzip ? "uncompressed " : "");
    return error_hint(error, "%s", EXPORT_ADVICE);
}

bool archive_begin(struct archive *archive, struct packed_file *file, struct error *error)
{
    uint8_t begin[sizeof magic];
    *archive = (struct archive){.file = file};
    buffer_init(&archive->bytes);
    if (archive_take(archive, begin, sizeof begin, error) &&
        (memcmp(begin, magic, sizeof magic) == 0 ||
         archive_damaged(archive, error, "it does not begin as an archive of mongodump does")))
        return true;
    archive_release(archive);
    return false;
}

void archive_release(struct archive *archive)
{
    buffer_release(&archive->bytes);
}

/* *held is 0 at the end. */
static bool look(struct archive *archive, size_t *held, struct error *error)
{
    struct buffer *bytes = &archive->bytes;
    *held = bytes->length - archive->start;
    if (*held > 0)
        return true;
    buffer_clear(bytes);
    archive->start = 0;
    uint8_t *to = buffer_reserve(bytes, INPUT);
    if (to == NULL)
        return error_memory(error);
    if (!packed_file_read(archive->file, to, INPUT, held, error))
        return false;
    bytes->length = *held;
    return true;
}

bool archive_take(struct archive *archive, void *to, size_t length, struct error *error)
{
    uint8_t *next = to;
    while (length > 0) {
        size_t held;
        if (!look(archive, &held, error))
            return false;
        if (held == 0)
            return archive_damaged(archive, error, "it ends too early");
        size_t part = held < length ? held : length;
        if (next != NULL) {
            memcpy(next, archive->bytes.data + archive->start, part);
            next += part;
        }
        archive->start += part;
        archive->at += (int64_t)part;
        length -= part;
    }
    return true;
}

bool archive_next(struct archive *archive, enum archive_token *token, uint32_t *length,
                  struct error *error)
{
    uint8_t word[4];
    size_t held;
    *token = ARCHIVE_END;
    if (!look(archive, &held, error))
        return false;
    if (held == 0)
        return true;
    if (!archive_take(archive, word, sizeof word, error))
        return false;
    *token = memcmp(word, terminator, sizeof word) == 0 ? ARCHIVE_TERMINATOR : ARCHIVE_DOCUMENT;
    *length = get_le32(word);
    return *token == ARCHIVE_TERMINATOR || (*length >= SHORTEST && *length <= LONGEST) ||
           archive_damaged(archive, error, "neither a document nor the end of a block follows");
}

bool archive_document(struct archive *archive, uint32_t length, struct buffer *document,
                      bson_t *view, struct error *error)
{
    size_t at;
    buffer_clear(document);
    buffer_put_le32(document, length);
    uint8_t *rest = buffer_reserve(document, length - 4);
    if (rest == NULL)
        return error_memory(error);
    if (!archive_take(archive, rest, length - 4, error))
        return false;
    document->length = length;
    return (soundness_problem(document->data, length, &at) == NULL &&
            bson_init_static(view, document->data, length)) ||
           archive_damaged(archive, error, "a document of the archive's own is malformed");
}

const char *archive_text(const bson_t *document, const char *name)
{
    bson_iter_t at;
    return bson_iter_init_find(&at, document, name) && BSON_ITER_HOLDS_UTF8(&at)
               ? bson_iter_utf8(&at, NULL)
               : NULL;
}
