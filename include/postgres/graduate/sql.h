/* sql.h: SQL text: names and literals, quoted. */
#ifndef GRADUATE_SQL_H
#define GRADUATE_SQL_H

#include "graduate/buffer.h"

void sql_put_identifier(struct buffer *buffer, const char *name);
/* "schema"."name" */
void sql_put_qualified(struct buffer *buffer, const char *schema, const char *name);
void sql_put_literal(struct buffer *buffer, const char *text);

#endif
