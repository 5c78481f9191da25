/* bson_word.h: the types of BSON by the words that MongoDB's $type has for them. */
#ifndef GRADUATE_BSON_WORD_H
#define GRADUATE_BSON_WORD_H

#include <bson/bson.h>

enum { BSON_WORD_COUNT = 21 };

/* "objectId"; `place` is below BSON_WORD_COUNT. */
const char *bson_word(size_t place);
/* The type's place in the table; BSON_WORD_COUNT for none of BSON's. */
size_t bson_word_place(bson_type_t type);

#endif
