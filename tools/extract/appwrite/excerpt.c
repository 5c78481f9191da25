#include "excerpt.h"

#include <ctype.h>

void excerpt(const char *bytes, size_t length, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < length && n + 1 < size; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (!isspace(c))
            out[n++] = c > ' ' && c < 127 ? (char)c : '?';
        else if (n > 0 && out[n - 1] != ' ')
            out[n++] = ' ';
    }
    out[n] = '\0';
}
