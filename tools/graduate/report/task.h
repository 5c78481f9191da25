/* task.h: what a migration leaves for the founder to do, told from what it moved. */
#ifndef GRADUATE_DRIVER_TASK_H
#define GRADUATE_DRIVER_TASK_H

#include "graduate/error.h"
#include "graduate/project.h"

#include <cjson/cJSON.h>

/* What the tasks are told from. `losses` is the report's (array of entity, rule, values), `facts`
 * that of facts.h or NULL. */
struct task_grounds {
    const struct project *project;
    const cJSON *losses, *facts;
    bool verified; /* all of it, and it holds */
};

/* An array of {task, title, text, items: [text], sql}, in the order in which they are done. */
bool task_list(const struct task_grounds *grounds, cJSON **tasks, struct error *error);

#endif
