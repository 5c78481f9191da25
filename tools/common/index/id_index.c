#include "graduate/id_index.h"
#include "graduate/buffer.h"
#include "id_layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HELD_BYTES = 512 << 10 };

#define MAKE_ANEW "take the file away; it is made anew from the checkpoint of its entity"

static bool damaged(const struct id_index *index, struct error *error)
{
    error_set(error, ERROR_TARGET, "%s is damaged, or no index of ids", index->path);
    return error_hint(error, MAKE_ANEW);
}

static bool read_at(const struct id_index *index, uint64_t offset, void *out, size_t length,
                    struct error *error)
{
    for (size_t got = 0; got < length;) {
        ssize_t n = pread(index->fd, (uint8_t *)out + got, length - got, (off_t)(offset + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(error, ERROR_TARGET, "cannot read %s", index->path);
        if (n == 0)
            return damaged(index, error);
        got += (size_t)n;
    }
    return true;
}

static bool read_table(struct id_index *index, struct error *error)
{
    size_t buckets = (size_t)1 << index->bits;
    size_t bytes = (buckets + 1) * 8;
    index->begins = malloc(bytes);
    if (index->begins == NULL)
        return error_memory(error);
    if (!read_at(index, ID_HEAD + index->count * ID_ENTRY_SIZE, index->begins, bytes, error))
        return false;
    for (size_t i = 0; i <= buckets; i++) {
        index->begins[i] = get_le64((const uint8_t *)&index->begins[i]);
        if (index->begins[i] > index->count || (i > 0 && index->begins[i] < index->begins[i - 1]))
            return damaged(index, error);
    }
    return true;
}

/* As many places as the buckets' usual size lets in. */
static bool make_places(struct id_index *index, struct error *error)
{
    size_t buckets = (size_t)1 << index->bits, most = HELD_BYTES / sizeof(struct id_entry);
    index->places = buckets;
    while (index->places > 1 && index->count / buckets * index->places > most)
        index->places /= 2;
    index->held = calloc(index->places, sizeof *index->held);
    if (index->held == NULL)
        return error_memory(error);
    for (size_t i = 0; i < index->places; i++)
        index->held[i].number = UINT64_MAX;
    return true;
}

bool id_index_open(struct id_index *index, const char *path, struct error *error)
{
    uint8_t head[ID_HEAD];
    struct stat info;
    *index = (struct id_index){.fd = -1};
    snprintf(index->path, sizeof index->path, "%s", path);
    index->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (index->fd < 0)
        return error_set_errno(error, ERROR_TARGET, "cannot open the index of ids %s", path);
    bool ok = read_at(index, 0, head, sizeof head, error) &&
              (id_head_read(head, &index->count, &index->bits) || damaged(index, error));
    /* Its length proves the numbers before anything is allocated by them. */
    if (ok && (fstat(index->fd, &info) != 0 ||
               (uint64_t)info.st_size !=
                   ID_HEAD + index->count * ID_ENTRY_SIZE + (((uint64_t)1 << index->bits) + 1) * 8))
        ok = damaged(index, error);
    ok = ok && read_table(index, error) && make_places(index, error);
    if (!ok)
        id_index_close(index);
    return ok;
}

void id_index_close(struct id_index *index)
{
    if (index->fd >= 0)
        close(index->fd);
    free(index->begins);
    for (size_t i = 0; index->held != NULL && i < index->places; i++)
        free(index->held[i].entries);
    free(index->held);
    index->begins = NULL;
    index->held = NULL;
    index->fd = -1;
}

static bool read_bucket(struct id_index *index, uint64_t number, const struct id_bucket **found,
                        struct error *error)
{
    struct id_bucket *bucket = &index->held[number & (index->places - 1)];
    *found = bucket;
    if (bucket->number == number)
        return true;
    size_t count = (size_t)(index->begins[number + 1] - index->begins[number]);
    bucket->number = UINT64_MAX;
    if (count > bucket->room) {
        struct id_entry *grown = realloc(bucket->entries, count * sizeof *grown);
        if (grown == NULL)
            return error_memory(error);
        bucket->entries = grown;
        bucket->room = count;
    }
    if (!read_at(index, ID_HEAD + index->begins[number] * ID_ENTRY_SIZE, bucket->entries,
                 count * sizeof *bucket->entries, error))
        return false;
    bucket->count = count;
    bucket->number = number;
    return true;
}

bool id_index_find(struct id_index *index, const uint8_t hash[16], struct id_entry *entry,
                   bool *found, struct error *error)
{
    const struct id_bucket *bucket;
    *found = false;
    if (!read_bucket(index, id_bucket(hash, index->bits), &bucket, error))
        return false;
    size_t low = 0, high = bucket->count;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(hash, bucket->entries[middle].hash, 16);
        *found = order == 0;
        if (*found)
            *entry = bucket->entries[middle];
        else if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return true;
}
