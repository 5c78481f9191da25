/* scanner_check.h: fixtures/supabase/scanner_check.sql as a text; the build makes it
 * (cmake/embed.cmake).
 *
 * One query: problem, table, id, column of everything that would break Supabase Auth, and its
 * weight: "problem", or "warning" for what a mapping may have decided. */
#ifndef VERIFY_SCANNER_CHECK_H
#define VERIFY_SCANNER_CHECK_H

extern const char scanner_check[];

#endif
