/* text_check.h: is it text that PostgreSQL takes: valid UTF-8 without NUL? */
#ifndef TRANSFORM_TEXT_CHECK_H
#define TRANSFORM_TEXT_CHECK_H

#include "graduate/buffer.h"
#include "graduate/error.h"

/* The bytes of the one character that stands here; 0: it is none of UTF-8. */
size_t text_character(const uint8_t *text, size_t length);
/* text_check of text that is not plain. */
bool text_check_characters(const uint8_t *text, size_t length, struct error *error);

/* The top bit of every byte that is zero or no ASCII; behind a zero it may stand in others, too. */
static inline uint64_t text_odd_bytes(uint64_t bytes)
{
    return (((bytes - UINT64_C(0x0101010101010101)) & ~bytes) | bytes) &
           UINT64_C(0x8080808080808080);
}

/* Is the text plain, as most text is? It is looked at in pieces that overlap. */
static inline bool text_is_plain(const uint8_t *text, size_t length)
{
    typedef int8_t block __attribute__((vector_size(16)));
    typedef uint64_t words __attribute__((vector_size(16)));
    if (length < sizeof(block)) {
        if (length >= 8)
            return (text_odd_bytes(get_le64(text)) | text_odd_bytes(get_le64(text + length - 8))) ==
                   0;
        if (length >= 4)
            return text_odd_bytes((uint64_t)get_le32(text) << 32 | get_le32(text + length - 4)) ==
                   0;
        for (size_t i = 0; i < length; i++)
            if (text[i] == 0 || text[i] >= 0x80)
                return false;
        return true;
    }
    block odd, here;
    memcpy(&here, text + length - sizeof here, sizeof here);
    odd = here | (here == 0); /* a byte that is not plain is negative there */
    for (const uint8_t *last = text + length - sizeof here; text < last; text += sizeof here) {
        memcpy(&here, text, sizeof here);
        odd |= here | (here == 0);
    }
    return ((((words)odd)[0] | ((words)odd)[1]) & UINT64_C(0x8080808080808080)) == 0;
}

/* Fills the error (not its path) if not. */
static inline bool text_check(const uint8_t *text, size_t length, struct error *error)
{
    return text_is_plain(text, length) || text_check_characters(text, length, error);
}

#endif
