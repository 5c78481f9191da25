/* keepsake.h: what a run keeps for the day when it is compared with another, or its project folder
 * has moved on:
 *
 *   project/NAME.json    the mappings that it ran by, normalised: a project folder like any other
 *   schema.sql           the target's DDL, a statement after the other
 *   fields/ENTITY.json   the fields of the records and their types: of documents as a census of the
 *                        checkpoint (census.h), of a table its columns. None for documents of which
 *                        no checkpoint was kept. Members: version, entity, source, from
 *                        ("checkpoint" or "catalog"), records (-1: not counted), fields */
#ifndef GRADUATE_DRIVER_KEEPSAKE_H
#define GRADUATE_DRIVER_KEEPSAKE_H

#include "migration.h"

bool keepsake_write(const struct migration *migration, struct error *error);

#endif
