#include "packed_file.h"
#include "graduate/buffer.h"
#include "graduate/file.h"

#include <errno.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INPUT_SIZE = 256 << 10 };

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
    file->input = malloc(INPUT_SIZE);
    file->member = malloc(sizeof *file->member);
    if (file->input == NULL || file->member == NULL)
        return error_memory(error);
    isal_inflate_init(file->member);
    file->gzip = true;
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
    free(file->member);
    free(file->input);
    free(file->path);
    close(file->fd);
}

static bool load(struct packed_file *file, struct error *error)
{
    size_t got;
    if (!file_read_full(file->fd, file->path, file->input, INPUT_SIZE, &got, error))
        return false;
    file->member->next_in = file->input;
    file->member->avail_in = (uint32_t)got;
    file->loaded += (int64_t)got;
    return true;
}

/* What is none is told by its first bytes, and not by an end that is missing. */
static bool begin_member(struct packed_file *file, struct error *error)
{
    struct inflate_state *member = file->member;
    size_t length = member->avail_in < sizeof gzip_magic ? member->avail_in : sizeof gzip_magic;
    if (memcmp(member->next_in, gzip_magic, length) != 0)
        return damaged(file, "the gzip data is damaged", error);
    isal_inflate_reset(member);
    member->crc_flag = ISAL_GZIP; /* with its head and its trailer, which is checked */
    file->in_member = true;
    return true;
}

bool packed_file_read(struct packed_file *file, void *bytes, size_t length, size_t *got,
                      struct error *error)
{
    struct inflate_state *member = file->member;
    if (!file->gzip)
        return file_read_full(file->fd, file->path, bytes, length, got, error);
    *got = 0;
    while (*got < length) {
        if (member->avail_in == 0 && !load(file, error))
            return false;
        bool ended = member->avail_in == 0;
        if (ended && !file->in_member)
            return true;
        if (!file->in_member && !begin_member(file, error))
            return false;
        size_t part = length - *got < INT32_MAX ? length - *got : INT32_MAX;
        member->next_out = (uint8_t *)bytes + *got;
        member->avail_out = (uint32_t)part;
        if (isal_inflate(member) != ISAL_DECOMP_OK)
            return damaged(file, "the gzip data is damaged", error);
        part -= member->avail_out;
        *got += part;
        file->in_member = member->block_state != ISAL_BLOCK_FINISH;
        if (ended && part == 0 && file->in_member)
            return damaged(file, "the gzip data is cut off", error);
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
        return file->loaded - file->member->avail_in;
    return lseek(file->fd, 0, SEEK_CUR);
}
