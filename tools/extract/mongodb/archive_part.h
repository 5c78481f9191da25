/* archive_part.h: the documents of one collection in an archive of mongodump (archive.h), as the
 * bytes that a file of its own would have.
 *
 * The blocks of other collections are passed over, in constant memory. At the collection's end its
 * CRC must be that of the bytes that came; an archive that ends before it is damaged. */
#ifndef EXTRACT_ARCHIVE_PART_H
#define EXTRACT_ARCHIVE_PART_H

#include "packed_file.h"

struct archive_part;

/* Of a file just opened, which stays the caller's. NULL: the error, which is ERROR_SOURCE. */
struct archive_part *archive_part_open(struct packed_file *file, const char *database,
                                       const char *collection, struct error *error);
void archive_part_close(struct archive_part *part); /* NULL is allowed */
/* As packed_file_read. */
bool archive_part_read(struct archive_part *part, void *bytes, size_t length, size_t *got,
                       struct error *error);

#endif
