/* ddl_object.h: statements that make what a source has beside its tables (kept_object.h). */
#ifndef COMMON_DDL_OBJECT_H
#define COMMON_DDL_OBJECT_H

#include "building.h"

/* Functions and procedures: what tables may call, before them; what is about tables, behind. */
bool ddl_routines(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_table_routines(struct building *b, struct buffer *sql, struct buffer *exists);
/* Views and materialized views with their indexes, each behind what it reads, and the functions
 * that are about them. */
bool ddl_views(struct building *b, struct buffer *sql, struct buffer *exists);
/* Parts of the table at hand, but for those of views, which come with the first. */
bool ddl_rules(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_statistics(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_kept_policies(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_triggers(struct building *b, struct buffer *sql, struct buffer *exists);
/* What people are told of all these. */
bool ddl_object_comments(struct building *b, struct buffer *sql, struct buffer *exists);
/* Who may do what with views, sequences and functions. */
bool ddl_object_rights(struct building *b, struct buffer *sql, struct buffer *exists);
/* How what is there is to be stored, counted and copied: what the rows are loaded by, before them;
 * the rest behind. */
bool ddl_table_settings(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_late_settings(struct building *b, struct buffer *sql, struct buffer *exists);
/* Materialized views are filled anew where rows came anew (--restart). */
bool ddl_refreshes(struct building *b, struct buffer *sql, struct buffer *exists);

#endif
