/* loss_sample.h: losses.jsonl summed up: how many values of which entity by which rule, and the
 * first of them. */
#ifndef GRADUATE_DRIVER_LOSS_SAMPLE_H
#define GRADUATE_DRIVER_LOSS_SAMPLE_H

#include "graduate/error.h"

#include <cjson/cJSON.h>

/* {"values": N, "rules": [{entity, rule, values, first: [{key, path, before, after}]}]} in the
 * order in which they occur; none when there is no such file. */
bool loss_sample_read(const char *path, cJSON **sample, struct error *error);

#endif
