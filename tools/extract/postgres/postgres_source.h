/* Room extract/postgres: a Postgres server, its catalog and its rows by binary COPY in one
 * snapshot. It uses common/base, common/catalog, common/mapping, common/postgres and
 * extract/reader. */
#ifndef EXTRACT_POSTGRES_SOURCE_H
#define EXTRACT_POSTGRES_SOURCE_H

#include "reader.h"

extern const struct reader_ops postgres_reader;

/* Open a repeatable-read, read-only transaction, export its snapshot, print the name and a newline
 * on standard output, and keep it until standard input ends. */
bool postgres_hold_snapshot(const struct endpoint *endpoint, struct error *error);

#endif
