#include "one_line.h"

#include <string.h>

void one_line(const char *text, bool lines, char *out, size_t size)
{
    size_t used = 0;
    for (const char *c = text; *c != '\0' && used + 3 < size; c++) {
        if (*c != '\n' && *c != '\t' && *c != ' ') {
            out[used++] = *c;
            continue;
        }
        bool ends = lines && *c == '\n';
        while (ends && *c == '\n' && c[1] == '\t')
            c += 1 + strcspn(c + 1, "\n");
        c += strspn(c, " \t\n");
        if (*c-- == '\0')
            break;
        if (ends)
            out[used++] = ';';
        out[used++] = ' ';
    }
    out[used] = '\0';
}
