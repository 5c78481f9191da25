/* Room extract/mongodb: MongoDB, as a server and as what mongodump and mongoexport write. It uses
 * common/base, common/catalog, common/json and extract/reader. */
#ifndef EXTRACT_MONGODB_SOURCE_H
#define EXTRACT_MONGODB_SOURCE_H

#include "reader.h"

extern const struct reader_ops mongodb_reader;
extern const struct reader_ops mongodump_reader;

#endif
