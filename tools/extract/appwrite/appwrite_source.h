/* Room extract/appwrite: Appwrite, by its REST API and as JSON lines of what that lists. It uses
 * common/base, common/catalog, common/json and extract/reader. */
#ifndef EXTRACT_APPWRITE_SOURCE_H
#define EXTRACT_APPWRITE_SOURCE_H

#include "reader.h"

extern const struct reader_ops appwrite_reader;
extern const struct reader_ops jsonl_reader;

#endif
