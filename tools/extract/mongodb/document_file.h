/* document_file.h: the documents of one collection in an export, in any of its forms.
 *
 * BSON, one document behind the other, plain or gzipped, has no header, count or checksum, so all
 * that can be known of it is checked: every length, every document's structure, and that the last
 * document ends where the file does. What a killed mongodump leaves when it was cut between two
 * documents cannot be known. What an archive has of a collection (archive_part.h) is BSON, too.
 * JSON of mongoexport: json_records.h. */
#ifndef EXTRACT_DOCUMENT_FILE_H
#define EXTRACT_DOCUMENT_FILE_H

#include "json_records.h"
#include "record_window.h"

enum document_form {
    DOCUMENTS_BSON,
    DOCUMENTS_JSON,
    DOCUMENTS_ARCHIVE,
};

/* Where the documents of a collection are. */
struct document_place {
    enum document_form form;
    const char *path;
    const char *database; /* of an archive */
    const char *collection;
};

struct document_file {
    enum document_form form;
    struct record_window window;
    struct json_records json;
};

/* All errors are ERROR_SOURCE, with file and collection. On failure nothing is left open. */
bool document_file_open(struct document_file *file, const struct document_place *place,
                        struct error *error);
void document_file_close(struct document_file *file);
/* The next document, valid until the next call; *length is 0 at the end. */
bool document_file_next(struct document_file *file, const uint8_t **document, size_t *length,
                        struct error *error);
/* Behind the open: pass over so many bytes and documents as if they were delivered, without a look
 * at them. *passed is fewer bytes where the file ends before. */
bool document_file_pass(struct document_file *file, int64_t bytes, int64_t documents,
                        int64_t *passed, struct error *error);
/* Could so many documents lie in so many bytes? */
bool document_file_fits(const struct document_file *file, int64_t bytes, int64_t documents);
/* How many documents the file has: counted, if it is no longer than about 1 MiB, else estimated by
 * the share of it that this was; -1 where it cannot be read, or is an archive. To be asked of a
 * file just opened, which is of no use afterwards. */
int64_t document_file_estimate(struct document_file *file, bool *exact);

#endif
