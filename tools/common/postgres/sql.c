#include "graduate/sql.h"

#include <string.h>

void sql_put_identifier(struct buffer *buffer, const char *name)
{
    buffer_putc(buffer, '"');
    for (; *name != '\0'; name++) {
        if (*name == '"')
            buffer_putc(buffer, '"');
        buffer_putc(buffer, *name);
    }
    buffer_putc(buffer, '"');
}

void sql_put_qualified(struct buffer *buffer, const char *schema, const char *name)
{
    sql_put_identifier(buffer, schema);
    buffer_putc(buffer, '.');
    sql_put_identifier(buffer, name);
}

void sql_put_literal(struct buffer *buffer, const char *text)
{
    bool escape = strchr(text, '\\') != NULL; /* right whatever standard_conforming_strings says */
    buffer_puts(buffer, escape ? " E'" : "'");
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            buffer_putc(buffer, *text);
        buffer_putc(buffer, *text);
    }
    buffer_putc(buffer, '\'');
}
