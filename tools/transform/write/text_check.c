#include "text_check.h"

/* The bytes of the one character that stands here and is not ASCII; 0: it is none (RFC 3629). */
static size_t character_length(const uint8_t *text, size_t length)
{
    uint8_t first = text[0];
    size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || bytes > length)
        return 0;
    /* Neither written longer than it is, nor a half of a pair, nor behind the last character. */
    uint8_t least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    uint8_t most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (text[1] < least || text[1] > most)
        return 0;
    for (size_t i = 2; i < bytes; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    return bytes;
}

size_t text_character(const uint8_t *text, size_t length)
{
    return text[0] < 0x80 ? 1 : character_length(text, length);
}

bool text_check_characters(const uint8_t *text, size_t length, struct error *error)
{
    size_t i = 0, character = 1;
    while (i < length && character > 0) {
        uint64_t odd = length - i >= 8 ? text_odd_bytes(get_le64(text + i)) : 1;
        i += odd != 0 ? (size_t)__builtin_ctzll(odd) / 8 : 8; /* what is plain is passed over */
        if (odd == 0)
            continue;
        character = text[i] < 0x80 ? text[i] != 0 : character_length(text + i, length - i);
        i += character;
    }
    if (i == length)
        return true;
    bool nul = memchr(text, 0, length) != NULL;
    error_set(error, ERROR_DATA,
              nul ? "the text holds a NUL character, which PostgreSQL cannot keep"
                  : "the text is no valid UTF-8");
    return error_hint(error, "correct the record in the source, and run again");
}
