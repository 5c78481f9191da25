/* dump_folder.h: which collections an export of a MongoDB database holds, and in which files: a
 * folder that mongodump wrote, or of files of mongoexport, or one file of mongodump --archive.
 *
 * A collection is NAME.bson and NAME.metadata.json, each perhaps with .gz. Its name is what the
 * metadata call it ("collectionName", which older tools do not write), else NAME, which is in the
 * escaping of URL queries; a long one is cut and hashed. What is a view or a time-series
 * collection, the metadata say. A collection of mongoexport is NAME.json, as it is written there,
 * or .jsonl or .ndjson, each perhaps with .gz; a folder may hold both forms, but of one collection
 * only one. */
#ifndef EXTRACT_DUMP_FOLDER_H
#define EXTRACT_DUMP_FOLDER_H

#include "beside.h"
#include "document_file.h"

struct dump_collection {
    char *name;
    enum mongodb_kind kind;
    char *path;      /* of its documents, or NULL */
    enum document_form form;
    char *database;  /* of an archive: the one that it is of */
    int64_t records; /* of an archive: how many it has, or -1 */
    cJSON *metadata; /* or NULL */
    char *problem;   /* why it cannot be read, and */
    char *advice;    /* what to do; NULL: it can */
};

struct dump_folder {
    struct dump_collection *items; /* by name */
    size_t count;
    char *oplog; /* path of the file inside the folder, or of the archive, that has one; or NULL */
    char *database; /* of an archive: whose collections they are; else NULL */
};

/* Everything that has a name there. `database`: of an archive, if it has several; or NULL. What is
 * wrong with one collection (its documents are missing or there twice, its metadata are damaged) is
 * a problem of that one alone. That there is none is ERROR_SOURCE, with the nearest right form of
 * the path. */
bool dump_folder_read(struct dump_folder *folder, const char *path, const char *database,
                      struct error *error);
void dump_folder_release(struct dump_folder *folder);
/* Where its documents are; the texts are the collection's. */
struct document_place dump_folder_place(const struct dump_collection *collection);
/* Is it read as a collection: no view, none of the server's own? */
bool dump_folder_reads(const struct dump_collection *collection);
/* The collection of that name, if it can be read; else an error, with the nearest name. */
bool dump_folder_find(const struct dump_folder *folder, const char *path, const char *name,
                      const struct dump_collection **collection, struct error *error);

#endif
