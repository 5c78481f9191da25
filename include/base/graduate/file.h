/* file.h: whole reads and writes, and files that are there whole or not at all. */
#ifndef GRADUATE_FILE_H
#define GRADUATE_FILE_H

#include "graduate/buffer.h"
#include "graduate/error.h"

#include <limits.h>
#include <stddef.h>

/* Write all of it. EPIPE becomes ERROR_PEER, anything else ERROR_TARGET naming `name`. */
bool file_write_all(int fd, const char *name, const void *bytes, size_t length,
                    struct error *error);
/* Read until `length` bytes or end of file; *got says how many. ERROR_SOURCE on failure. */
bool file_read_full(int fd, const char *name, void *bytes, size_t length, size_t *got,
                    struct error *error);
/* Append the whole of a file of at most `limit` bytes; failure has the given code. */
bool file_read(const char *path, size_t limit, enum error_code code, struct buffer *buffer,
               struct error *error);

/* Put `length` bytes into `path`: temporary name beside it, fsync, rename, fsync of the folder.
 * Mode 0600: what graduate keeps is the founder's alone. */
bool file_replace(const char *path, const void *bytes, size_t length, struct error *error);
/* The last steps of the same for a file that was written elsewhere under `temporary`: fsync(fd),
 * rename, fsync of the folder. Does not close fd. */
bool file_settle(int fd, const char *temporary, const char *path, struct error *error);
/* mkdir -p with mode 0700. */
bool file_make_folder(const char *path, struct error *error);
/* A new folder of this user alone, below $TMPDIR; `out` is "" when there is none. */
bool file_make_scratch(char out[PATH_MAX], struct error *error);
bool file_exists(const char *path);
/* "folder/name" into a fixed buffer; ERROR_USAGE when it does not fit. */
bool file_join(char *out, size_t size, const char *folder, const char *name, struct error *error);

#endif
