/* mapping.h: one mapping file as a struct mapping; project_folder.c calls it for each. */
#ifndef COMMON_MAPPING_H
#define COMMON_MAPPING_H

#include "graduate/arena.h"
#include "graduate/json.h"
#include "graduate/project.h"

/* Parse the file's JSON. `mapping->name` and `file` are set; id_of stays a name until mapping_link,
 * which runs when all mappings of the project are parsed. Both check all that they can. */
bool mapping_parse(struct project *project, struct arena *arena, const cJSON *json,
                   struct mapping *mapping, struct error *error);
bool mapping_link(struct project *project, const cJSON *json, struct mapping *mapping,
                  struct error *error);

#endif
