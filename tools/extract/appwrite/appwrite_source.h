/* appwrite_source.h: Appwrite: its REST API, and JSON lines of what that lists. */
#ifndef EXTRACT_APPWRITE_SOURCE_H
#define EXTRACT_APPWRITE_SOURCE_H

#include "reader.h"

extern const struct reader_ops appwrite_reader;
extern const struct reader_ops jsonl_reader;

#endif
