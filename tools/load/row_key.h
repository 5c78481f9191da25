/* row_key.h: the key of a row in a binary COPY tuple, as text for messages.
 *
 * The loader passes tuples on unread; only when the server refuses one is it looked at, to say
 * which row it was. So nothing here trusts a length, and nothing here fails: what cannot be read as
 * its type is shown as bytes, "\x0a1b". */
#ifndef LOAD_ROW_KEY_H
#define LOAD_ROW_KEY_H

#include "graduate/stream.h"

/* Append the key of tuple `number` (from 1) of a section: the value of a single key column alone,
 * else "book_id=..., position=3". Appends nothing when the output has no key, or the tuple is not
 * there. The text is valid UTF-8 of at most `limit` bytes; where it is cut it ends in "...". */
void row_key_put(struct buffer *buffer, const struct stream_output *output,
                 const struct stream_section *section, uint64_t number, size_t limit);

/* The first tuple whose `columns` ("a, b") have the `values` ("1, x"), as a server writes them in a
 * detail; its number, from 1; 0: none has. */
uint64_t row_key_find(const struct stream_output *output, const struct stream_section *section,
                      const char *columns, const char *values);

#endif
