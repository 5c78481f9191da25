/* fuzz.h: what the fuzz targets share. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever the input is; libFuzzer keeps the input that breaks it. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: this must hold: %s\n", __FILE__, __LINE__, #condition);        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* A copy with double quotes for single ones. */
static inline char *quote(const char *text)
{
    char *quoted = strdup(text);
    MUST(quoted != NULL);
    for (char *at = quoted; (at = strchr(at, '\'')) != NULL;)
        *at = '"';
    return quoted;
}

#endif
