/* project_file.h: project.json as the part of a struct project that it says. */
#ifndef COMMON_PROJECT_FILE_H
#define COMMON_PROJECT_FILE_H

#include "graduate/arena.h"
#include "graduate/json.h"
#include "graduate/project.h"

/* Parse the file's JSON, which must outlive the project; `file` is its path, for messages. What is
 * a secret must not be written out in it: ERROR_USAGE. */
bool project_file_parse(struct project *project, struct arena *arena, const cJSON *json,
                        const char *file, struct error *error);

/* "every": what is said of all mappings; and when they are read, whether each word of it is of use.
 */
bool project_read_every(struct project *project, struct arena *arena, const cJSON *json,
                        const struct json_place *top, struct error *error);
bool project_check_every(const struct project *project, const cJSON *json, const char *file,
                         struct error *error);

/* "access": who may what stays so; and when all mappings are read, which columns that is about. */
bool project_read_access(struct project *project, struct arena *arena, const cJSON *json,
                         const struct json_place *top, struct error *error);
bool project_link_access(struct project *project, const char *file, struct error *error);

#endif
