/* archive_list.h: which collections of one database an archive of mongodump holds (archive.h). */
#ifndef EXTRACT_ARCHIVE_LIST_H
#define EXTRACT_ARCHIVE_LIST_H

#include "graduate/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct archive_collection {
    char *database, *name;
    char *metadata;  /* Extended JSON, or NULL */
    int64_t records; /* -1: not known, as it does not end within the first MiB or so */
};

struct archive_list {
    struct archive_collection *items;
    size_t count;
    const char *database; /* the one whose collections are meant; of an item */
    bool oplog;
};

/* `database` NULL: the only one that it holds, beside the server's own. ERROR_SOURCE where it holds
 * none of that name, or several. */
bool archive_list_read(struct archive_list *list, const char *path, const char *database,
                       struct error *error);
void archive_list_release(struct archive_list *list);

#endif
