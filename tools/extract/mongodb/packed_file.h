/* packed_file.h: reading a file that may be gzipped, by bytes of its uncompressed content.
 *
 * What it is, the content says (1f 8b 08), not the name: mongodump writes gzip without ".gz" too.
 * Several gzip members in a row are one content. A file that ends inside a member is an error. */
#ifndef EXTRACT_PACKED_FILE_H
#define EXTRACT_PACKED_FILE_H

#include "graduate/error.h"

#include <stdint.h>

/* What to do with a part of an export that is damaged. */
#define EXPORT_ADVICE                                                                              \
    ADVICE("export again, or correct it in place; then begin a new run, or have it read from its " \
           "beginning: graduate run --restart ENTITY")

struct packed_file {
    int fd;
    char *path;
    int64_t size; /* of the file as it lies there */
    bool gzip;
    struct inflate_state *member; /* gzip only, as is what follows */
    uint8_t *input;               /* of which the member's state knows what is left */
    int64_t loaded;               /* of the file, into input */
    bool in_member;               /* one is open: the file must not end here */
};

/* All errors are ERROR_SOURCE and name the file. On failure nothing is left open. */
bool packed_file_open(struct packed_file *file, const char *path, struct error *error);
void packed_file_close(struct packed_file *file);
/* Read until `length` bytes or the end; *got says how many. */
bool packed_file_read(struct packed_file *file, void *bytes, size_t length, size_t *got,
                      struct error *error);
/* Is the file still as long as when it was opened? If not, ERROR_SOURCE: somebody is at it. */
bool packed_file_unchanged(const struct packed_file *file, struct error *error);
/* How many bytes of the file as it lies there have been used up. */
int64_t packed_file_used(const struct packed_file *file);

#endif
