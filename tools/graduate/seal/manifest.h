/* manifest.h: what lies in a folder: every file with its size and SHA-256, every folder in it. */
#ifndef GRADUATE_DRIVER_MANIFEST_H
#define GRADUATE_DRIVER_MANIFEST_H

#include "graduate/error.h"

#include <cjson/cJSON.h>
#include <stdint.h>

enum { DIGEST_SIZE = 65 }; /* SHA-256 in hex, and a NUL */

bool manifest_digest(const void *bytes, size_t length, char out[DIGEST_SIZE], struct error *error);
/* Of a file; *size is how many bytes it has. */
bool manifest_digest_file(const char *path, char out[DIGEST_SIZE], int64_t *size,
                          struct error *error);

/* {"folders": ["catalog", ...], "files": [{"path", "size", "sha256"}, ...]}, each sorted by path;
 * but for the file `without` at the top. What is neither file nor folder (a link, a pipe) is an
 * ERROR_DATA: it could not be vouched for. */
bool manifest_make(const char *folder, const char *without, cJSON **manifest, struct error *error);

/* How `now` is different: ["checkpoints/books.gck: its content changed", ...]; empty: it is not. */
bool manifest_compare(const cJSON *before, const cJSON *now, cJSON **differences,
                      struct error *error);

/* Take the right to write from all of it: files 0400, folders 0500, itself included. */
bool manifest_lock(const char *folder, const cJSON *manifest, const char *without,
                   struct error *error);

#endif
