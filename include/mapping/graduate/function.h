/* function.h: the functions that "do" can name: one table, from which come what the parser takes,
 * `graduate functions`, the reference in MIGRATION.md and the choices of mapping.schema.json.
 *
 * A function is named alone ("trim"), or with its argument ({"split": ","}). Nothing (absent or
 * null) passes each of them untouched, but supabase_password, which makes "" of it. A function of
 * one value goes over the elements of an array that it meets. What each does is in the table; the
 * deeds are in tools/transform/value and, written anew, in tools/verify/expect. */
#ifndef GRADUATE_FUNCTION_H
#define GRADUATE_FUNCTION_H

#include "graduate/arena.h"
#include "graduate/json.h"
#include "graduate/time_format.h"
#include "graduate/zone.h"

enum mapping_function {
    FUNCTION_LOWER,
    FUNCTION_UPPER,
    FUNCTION_TRIM,
    FUNCTION_EMPTY_NULL,
    FUNCTION_NUMBER,
    FUNCTION_TEXT,
    FUNCTION_ELEMENTS, /* "count" */
    FUNCTION_UNIQUE,
    FUNCTION_SPLIT,
    FUNCTION_ITEM,
    FUNCTION_FIELD,
    FUNCTION_STRIP,
    FUNCTION_EPOCH,
    FUNCTION_TIME,
    FUNCTION_DAY,
    FUNCTION_MIDNIGHT,
    FUNCTION_UUID3,
    FUNCTION_PADDED,
    FUNCTION_UUID,
    FUNCTION_PHONE,
    FUNCTION_PASSWORD,
    FUNCTION_SAFE_NUMBERS,
    FUNCTION_JSON,
    FUNCTION_COUNT,
};

/* Kinds of values, for what a function takes and gives. */
enum function_kind {
    OF_TEXT = 1,
    OF_NUMBER = 2,
    OF_BOOLEAN = 4,
    OF_DATE = 8,
    OF_OBJECTID = 16,
    OF_UUID = 32,
    OF_TIMESTAMP = 64, /* of BSON */
    OF_ARRAY = 128,
    OF_OBJECT = 256,
    OF_NOTHING = 512,
    OF_ANY = 1023,
};

enum function_argument {
    ARGUMENT_NONE,
    ARGUMENT_TEXT,  /* not empty */
    ARGUMENT_PLACE, /* a whole number, from 0, or from the end: -1 */
    ARGUMENT_WORD,  /* one of `words` */
    ARGUMENT_ZONE,  /* the name of a time zone */
    ARGUMENT_TIME,  /* {"format": .., "zone": .., "gap": .., "overlap": ..}; the format is needed */
};

struct function_entry {
    const char *name;
    enum function_argument argument;
    const char *const *words; /* of ARGUMENT_WORD, NULL behind the last; in the order of an enum */
    unsigned takes;           /* kinds */
    unsigned gives;
    bool strict; /* a kind that it does not take is an error, and passes not */
    bool whole;  /* it is about an array as such, not about its elements */
    bool in_part; /* it takes content away that nothing else has; a loss has its own line */
    const char *call, *input, *output; /* an example: JSON, of extended JSON where it takes that */
    const char *help;                  /* one sentence */
};
extern const struct function_entry mapping_functions[FUNCTION_COUNT];
/* "text, number" and "anything"; out: at least FUNCTION_KINDS bytes. */
enum { FUNCTION_KINDS = 128 };
void function_kinds(unsigned kinds, char out[FUNCTION_KINDS]);
/* "\"text\"", "0, 1, .., -1", ...; "" where there is none. */
void function_argument_shown(const struct function_entry *entry, struct buffer *out);

enum epoch_unit { EPOCH_SECONDS, EPOCH_MILLISECONDS };
enum uuid3_order { UUID3_JAVA, UUID3_CSHARP, UUID3_PYTHON };
enum padded_side { PADDED_LEFT, PADDED_RIGHT };
/* Which of the moments, where a local time never was or was twice. */
enum time_choice { TIME_REFUSED, TIME_EARLIER, TIME_LATER };

/* A function with its argument. */
struct function_call {
    enum mapping_function function;
    const cJSON *said; /* in the mapping */
    const char *text;  /* split, field, strip, uuid */
    int64_t place;     /* item */
    int word;          /* an enum above: epoch, uuid3, padded */
    const struct time_format *format;
    const struct zone *zone; /* NULL: none was said */
    enum time_choice gap, overlap;
};

/* Read one member of "do". ERROR_USAGE at its place. */
bool function_call_read(const cJSON *said, const struct json_place *place, struct arena *arena,
                        struct function_call *call, struct error *error);
/* The call as the mapping has it, in one line: calls with the same text do the same. */
void function_call_put(const struct function_call *call, struct buffer *out);
/* Does each of them meet a kind that it is about, after those before it? The index of one that does
 * not, or `count`; *before are the kinds that come to it then. */
size_t function_calls_idle(const struct function_call *calls, size_t count, unsigned *before);

#endif
