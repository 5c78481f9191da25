#include "archive_part.h"
#include "archive.h"

#include <isa-l/crc64.h>
#include <stdlib.h>
#include <string.h>

struct archive_part {
    struct archive archive;
    char *database, *collection;
    struct buffer header; /* of the block that is read */
    bool in_block, own;   /* it is open; it is of this collection */
    bool ended;           /* the collection's end was met */
    uint8_t head[4];      /* of a document of this collection, the length: what is left of it */
    size_t head_left, body_left;
    uint64_t crc;
};

void archive_part_close(struct archive_part *part)
{
    if (part == NULL)
        return;
    archive_release(&part->archive);
    buffer_release(&part->header);
    free(part->database);
    free(part->collection);
    free(part);
}

/* The prelude is passed over. */
static bool set_up(struct archive_part *part, const char *database, const char *collection,
                   struct error *error)
{
    buffer_init(&part->header);
    part->in_block = true;
    part->database = strdup(database);
    part->collection = strdup(collection);
    return (part->database != NULL && part->collection != NULL) || error_memory(error);
}

struct archive_part *archive_part_open(struct packed_file *file, const char *database,
                                       const char *collection, struct error *error)
{
    struct archive_part *part = calloc(1, sizeof *part);
    if (part == NULL) {
        error_memory(error);
        return NULL;
    }
    if (!archive_begin(&part->archive, file, error)) {
        free(part);
        return NULL;
    }
    if (set_up(part, database, collection, error))
        return part;
    archive_part_close(part);
    return NULL;
}

static bool is_text(const bson_t *document, const char *name, const char *wanted)
{
    const char *text = archive_text(document, name);
    return text != NULL && strcmp(text, wanted) == 0;
}

static bool check_crc(struct archive_part *part, const bson_t *header, struct error *error)
{
    bson_iter_t crc;
    part->ended = true;
    return (bson_iter_init_find(&crc, header, "CRC") && BSON_ITER_HOLDS_INT64(&crc) &&
            (uint64_t)bson_iter_int64(&crc) == part->crc) ||
           archive_damaged(&part->archive, error,
                           "the checksum of the collection is not that of its documents");
}

static bool begin_block(struct archive_part *part, uint32_t length, struct error *error)
{
    bson_t header;
    bson_iter_t end;
    if (!archive_document(&part->archive, length, &part->header, &header, error))
        return false;
    if (archive_text(&header, "db") == NULL || archive_text(&header, "collection") == NULL)
        return archive_damaged(&part->archive, error, "a block does not say of what it is");
    part->in_block = true;
    part->own =
        is_text(&header, "db", part->database) && is_text(&header, "collection", part->collection);
    bool ends = bson_iter_init_find(&end, &header, "EOF") && BSON_ITER_HOLDS_BOOL(&end) &&
                bson_iter_bool(&end);
    return !part->own || !ends || check_crc(part, &header, error);
}

static bool begin_document(struct archive_part *part, uint32_t length, struct error *error)
{
    if (!part->own)
        return archive_take(&part->archive, NULL, length - 4, error);
    memcpy(part->head, &length, sizeof part->head);
    part->head_left = sizeof part->head;
    part->body_left = length - 4;
    return true;
}

/* On to the next document of the collection, or to its end. */
static bool advance(struct archive_part *part, struct error *error)
{
    while (part->body_left == 0 && !part->ended) {
        enum archive_token token;
        uint32_t length;
        if (!archive_next(&part->archive, &token, &length, error))
            return false;
        if (token == ARCHIVE_END)
            return archive_damaged(&part->archive, error,
                                   part->in_block ? "it ends within a block"
                                                  : "it ends before the collection does");
        if (token == ARCHIVE_TERMINATOR && !part->in_block)
            return archive_damaged(&part->archive, error, "a block has no header");
        if (token == ARCHIVE_TERMINATOR)
            part->in_block = false;
        else if (part->in_block ? !begin_document(part, length, error)
                                : !begin_block(part, length, error))
            return false;
    }
    return true;
}

bool archive_part_read(struct archive_part *part, void *bytes, size_t length, size_t *got,
                       struct error *error)
{
    uint8_t *to = bytes;
    *got = 0;
    while (*got < length) {
        size_t room = length - *got, taken;
        if (!advance(part, error))
            return false;
        if (part->head_left == 0 && part->body_left == 0)
            break;
        if (part->head_left > 0) {
            taken = room < part->head_left ? room : part->head_left;
            memcpy(to, part->head + sizeof part->head - part->head_left, taken);
            part->head_left -= taken;
        } else {
            taken = room < part->body_left ? room : part->body_left;
            if (!archive_take(&part->archive, to, taken, error))
                return false;
            part->body_left -= taken;
        }
        part->crc = crc64_ecma_refl(part->crc, to, taken);
        to += taken;
        *got += taken;
    }
    return true;
}
