#include "printable.h"

#include <bson/bson.h>
#include <string.h>

void printable_copy(char *out, size_t size, const char *text, size_t length)
{
    bool utf8 = bson_utf8_validate(text, length, true);
    size_t used = 0;
    for (size_t i = 0; i < length;) {
        unsigned char c = (unsigned char)text[i];
        size_t n = !utf8 || c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
        bool control =
            c < 0x20 || c == 0x7F || (n == 2 && c == 0xC2 && (unsigned char)text[i + 1] < 0xA0);
        if (used + n >= size)
            break;
        if (control || (c >= 0x80 && !utf8)) {
            out[used++] = c == '\t' ? ' ' : '?';
        } else {
            memcpy(out + used, text + i, n);
            used += n;
        }
        i += n;
    }
    out[used] = '\0';
}
