/* mongodb_source.h: MongoDB: a server, and the folder that mongodump writes. */
#ifndef EXTRACT_MONGODB_SOURCE_H
#define EXTRACT_MONGODB_SOURCE_H

#include "reader.h"

extern const struct reader_ops mongodb_reader;
extern const struct reader_ops mongodump_reader;

#endif
