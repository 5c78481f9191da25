#include "packed_file.h"
#include "graduate/buffer.h"
#include "graduate/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INPUT_SIZE = 256 << 10, GZIP_ONLY = 15 + 16, TRAILER = 8 };

/* Two bytes are not enough: they also begin a plain document of 35,615 bytes, and every 64 KiB
 * further. Three leave those of 559,903 bytes, and every 16 MiB. */
static const uint8_t gzip_magic[3] = {0x1f, 0x8b, 0x08};

static bool damaged(const struct packed_file *file, const char *problem, struct error *error)
{
    error_set(error, ERROR_SOURCE, "%s: %s, at byte %lld of the file", file->path, problem,
              (long long)packed_file_used(file));
    return error_hint(error, "%s", EXPORT_ADVICE);
}

static bool set_up(struct packed_file *file, struct error *error)
{
    struct stat info;
    if (fstat(file->fd, &info) != 0)
        return error_set_errno(error, ERROR_SOURCE, "cannot read %s", file->path);
    if (!S_ISREG(info.st_mode))
        return error_set(error, ERROR_SOURCE, "%s is no regular file", file->path) ||
               error_hint(error, "put the file itself in its place: export again");
    file->size = info.st_size;
    /* Even nothing at all is 20 bytes of gzip. */
    size_t name_length = strlen(file->path);
    if (file->size == 0 && name_length > 3 && strcmp(file->path + name_length - 3, ".gz") == 0)
        return damaged(file, "the gzip data is cut off", error);
    uint8_t begin[sizeof gzip_magic];
    size_t got;
    if (!file_read_full(file->fd, file->path, begin, sizeof begin, &got, error))
        return false;
    if (lseek(file->fd, 0, SEEK_SET) != 0)
        return error_set_errno(error, ERROR_SOURCE, "cannot read %s", file->path);
    if (got < sizeof begin || memcmp(begin, gzip_magic, sizeof begin) != 0)
        return true;
    file->input = calloc(1, TRAILER + INPUT_SIZE);
    if (file->input == NULL || inflateInit2(&file->z, GZIP_ONLY) != Z_OK)
        return error_memory(error);
    file->z.next_in = file->input + TRAILER;
    file->gzip = true;
    inflateValidate(&file->z, 0); /* check_member does it, several times faster */
    return true;
}

bool packed_file_open(struct packed_file *file, const char *path, struct error *error)
{
    *file = (struct packed_file){.fd = open(path, O_RDONLY | O_CLOEXEC)};
    if (file->fd < 0) {
        int cause = errno;
        error_set_errno(error, ERROR_SOURCE, "cannot open %s", path);
        return error_hint(error, cause == EACCES ? "give yourself the right to read it"
                                                 : "see that the export is whole and in its place");
    }
    file->path = strdup(path);
    if (file->path != NULL ? set_up(file, error) : error_memory(error))
        return true;
    packed_file_close(file);
    return false;
}

void packed_file_close(struct packed_file *file)
{
    if (file->gzip)
        inflateEnd(&file->z);
    free(file->input);
    free(file->path);
    close(file->fd);
}

/* What was used last stays in front of what comes: a member's trailer may begin there. */
static bool load(struct packed_file *file, struct error *error)
{
    size_t got;
    memmove(file->input, file->z.next_in - TRAILER, TRAILER);
    if (!file_read_full(file->fd, file->path, file->input + TRAILER, INPUT_SIZE, &got, error))
        return false;
    file->z.next_in = file->input + TRAILER;
    file->z.avail_in = (uInt)got;
    file->loaded += (int64_t)got;
    return true;
}

/* A member ends with the CRC-32 and the length of its content. */
static bool check_member(struct packed_file *file, struct error *error)
{
    const uint8_t *trailer = file->z.next_in - TRAILER;
    file->in_member = false;
    if (get_le32(trailer) == file->crc && get_le32(trailer + 4) == (uint32_t)file->z.total_out)
        return true;
    return damaged(file, "the gzip data is damaged", error);
}

static bool inflate_some(struct packed_file *file, struct error *error)
{
    if (!file->in_member) {
        if (inflateReset(&file->z) != Z_OK)
            return error_memory(error);
        file->in_member = true;
        file->crc = 0;
    }
    const uint8_t *to = file->z.next_out;
    int result = inflate(&file->z, Z_NO_FLUSH);
    file->crc = libdeflate_crc32(file->crc, to, (size_t)(file->z.next_out - to));
    switch (result) {
    case Z_OK:
        return true;
    case Z_STREAM_END:
        return check_member(file, error);
    case Z_MEM_ERROR:
        return error_memory(error);
    default:
        return damaged(file, "the gzip data is damaged", error);
    }
}

bool packed_file_read(struct packed_file *file, void *bytes, size_t length, size_t *got,
                      struct error *error)
{
    if (!file->gzip)
        return file_read_full(file->fd, file->path, bytes, length, got, error);
    *got = 0;
    while (*got < length) {
        if (file->z.avail_in == 0 && !load(file, error))
            return false;
        if (file->z.avail_in == 0)
            return file->in_member ? damaged(file, "the gzip data is cut off", error) : true;
        size_t part = length - *got < INT32_MAX ? length - *got : INT32_MAX;
        file->z.next_out = (uint8_t *)bytes + *got;
        file->z.avail_out = (uInt)part;
        if (!inflate_some(file, error))
            return false;
        *got += part - file->z.avail_out;
    }
    return true;
}

bool packed_file_unchanged(const struct packed_file *file, struct error *error)
{
    struct stat now;
    if (fstat(file->fd, &now) != 0)
        return error_set_errno(error, ERROR_SOURCE, "cannot read %s", file->path);
    if (now.st_size == file->size)
        return true;
    error_set(error, ERROR_SOURCE, "%s had %lld bytes when it was opened, and now has %lld",
              file->path, (long long)file->size, (long long)now.st_size);
    return error_hint(error, "wait until the export is written, and begin a new run, or have it "
                             "read from its beginning: graduate run --restart ENTITY");
}

int64_t packed_file_used(const struct packed_file *file)
{
    if (file->gzip)
        return file->loaded - file->z.avail_in;
    return lseek(file->fd, 0, SEEK_CUR);
}
