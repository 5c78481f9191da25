/* Room check: what a trial of one entity showed, gathered out of its row stream. It uses
 * common/base, common/mapping, common/postgres, common/schema and common/stream. */

/* findings.h: problems of the data, alike ones together.
 *
 * Two are alike when they are at the same path, without the numbers of elements, and say the same
 * but for the values in it: texts in quotes and numbers. Each kind keeps its first few, and a count
 * of all. */
#ifndef CHECK_FINDINGS_H
#define CHECK_FINDINGS_H

#include "graduate/error.h"

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

enum { FINDING_EXAMPLES = 20, FINDINGS_MOST = 1000 };

/* The fields of a row of "graduate.problems". */
struct problem_row {
    char *entity, *key, *path, *message, *hint;
};
void problem_row_release(struct problem_row *row);

struct finding {
    char *kind;
    int64_t count;
    struct problem_row examples[FINDING_EXAMPLES];
    size_t example_count;
};
struct findings {
    struct finding *items; /* in the order in which they were first met */
    size_t count, room, last;
    int64_t others; /* of kinds beyond FINDINGS_MOST */
};

void findings_release(struct findings *findings);
/* Takes the row's texts over, also when it fails (ERROR_TARGET, no memory). */
bool findings_add(struct findings *findings, struct problem_row *row, struct error *error);
/* [{"path", "message", "hint", "count", "examples": [{"key", "path", "message"}]}]; NULL without
 * memory. */
cJSON *findings_to_json(const struct findings *findings);

#endif
