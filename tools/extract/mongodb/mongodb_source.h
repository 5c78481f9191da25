/* Room extract/mongodb: MongoDB, as a server and as the folder that mongodump writes. It uses
 * common/base, common/catalog and extract/reader. */
#ifndef EXTRACT_MONGODB_SOURCE_H
#define EXTRACT_MONGODB_SOURCE_H

#include "reader.h"

extern const struct reader_ops mongodb_reader;
extern const struct reader_ops mongodump_reader;

#endif
