/* number.h: decimal text, doubles and PostgreSQL's numeric. */
#ifndef TRANSFORM_NUMBER_H
#define TRANSFORM_NUMBER_H

#include "graduate/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The shortest text that reads back as the same double ("0.1", "1e+300", "-0"), save that a power
 * of two may get a 17th digit where 16 would do; "NaN", "Infinity", "-Infinity" as extended JSON
 * has them. */
void number_format(double number, char *out, size_t size);
/* The real as the double of its shortest decimal text, as PostgreSQL shows it and as documents'
 * doubles are read: 1.1 stays 1.1, and does not become 1.100000023841858. */
double number_widen(float real);
/* The whole number that the double is, if it is one and fits. */
bool number_to_int64(double number, int64_t *out);
/* The whole number that a decimal text is ("12", "1.20E+2", "5.0"), if it is one and fits. */
bool number_parse_int64(const char *text, int64_t *out);

/* Is the number of a decimal text a whole one, of whatever size? */
bool number_is_whole(const char *text);
/* A whole number that is written with an exponent ("1.2E+19") by its digits, where they are at most
 * 60; any other decimal text as it is. */
enum { NUMBER_PLAIN = 64 };
void number_plain(const char *text, char out[NUMBER_PLAIN]);
/* A decimal text with so many places, rounded half away from zero, into `out`. False for what is no
 * finite number, or has more digits than fit. */
bool number_round(const char *text, int places, char *out, size_t size);
/* Do two decimal texts stand for the same number ("1.0" and "10E-1")? */
bool number_same(const char *a, const char *b);
/* Below 0 where a is the smaller number, 0 where they are the same, above 0 where b is; infinities
 * take part. False where one of them is no number, as NaN. */
bool number_order(const char *a, const char *b, int *order);

enum numeric_outcome {
    NUMERIC_OK,
    NUMERIC_NOT,      /* no number at all */
    NUMERIC_ROUNDS,   /* has more places than the scale */
    NUMERIC_TOO_LARGE /* has more digits before the point than precision - scale */
};
/* Append the payload of a binary numeric (sources.md 5.3: int16 digit count, weight, sign, scale,
 * base-10000 digits) for a decimal text: optional sign, digits with an optional point, optional
 * exponent; "NaN", "Infinity", "-Infinity". precision 0 means unconstrained: the text's own places
 * are kept ("1.10" has two). */
enum numeric_outcome numeric_put(struct buffer *out, const char *text, int precision, int scale);

#endif
