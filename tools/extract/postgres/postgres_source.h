/* postgres_source.h: Postgres, by binary COPY in one snapshot. */
#ifndef EXTRACT_POSTGRES_SOURCE_H
#define EXTRACT_POSTGRES_SOURCE_H

#include "reader.h"

extern const struct reader_ops postgres_reader;

/* Open a repeatable-read, read-only transaction, export its snapshot, print the name and a newline
 * on standard output, and keep it until standard input ends. */
bool postgres_hold_snapshot(const struct endpoint *endpoint, struct error *error);

#endif
