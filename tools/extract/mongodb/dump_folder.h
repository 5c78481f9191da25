/* dump_folder.h: which collections a folder written by mongodump holds, and in which files.
 *
 * A collection is NAME.bson and NAME.metadata.json, each perhaps with .gz; NAME is the collection's
 * name in the escaping of URL queries. A long name is cut and hashed; then the metadata has the
 * true one. What is a view or a time-series collection, the metadata says. */
#ifndef EXTRACT_DUMP_FOLDER_H
#define EXTRACT_DUMP_FOLDER_H

#include "graduate/error.h"

#include <stdbool.h>
#include <stddef.h>

struct dump_collection {
    char *name;
    char *path; /* of its documents; NULL for a time series, which has only buckets */
    bool time_series;
};

struct dump_folder {
    struct dump_collection *items; /* by name */
    size_t count;
};

/* Views, system collections and users are left out. A collection whose documents are missing, or
 * there twice, is an error: an export that is not whole must not pass for a small one. */
bool dump_folder_read(struct dump_folder *folder, const char *path, struct error *error);
void dump_folder_release(struct dump_folder *folder);
/* The collection of that name, or an error that names the nearest one. */
bool dump_folder_find(const struct dump_folder *folder, const char *path, const char *name,
                      const struct dump_collection **collection, struct error *error);

#endif
