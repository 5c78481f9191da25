#include "graduate/function.h"
#include "graduate/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* In the order of their enums. */
static const char *const epoch_words[] = {"s", "ms", NULL};
static const char *const uuid3_words[] = {"java", "csharp", "python", NULL};
static const char *const padded_words[] = {"left", "right", NULL};
static const char *const gap_words[] = {"before", "after", NULL};
static const char *const overlap_words[] = {"first", "second", NULL};

enum { SCALARS = OF_TEXT | OF_NUMBER | OF_BOOLEAN | OF_DATE | OF_OBJECTID | OF_UUID };

const struct function_entry mapping_functions[FUNCTION_COUNT] = {
    [FUNCTION_LOWER] = {.name = "lower",
                        .takes = OF_TEXT,
                        .gives = OF_TEXT,
                        .call = "\"lower\"",
                        .input = "\"\xc3\x84nn@X.org\"",
                        .output = "\"\xc3\xa4nn@x.org\"",
                        .help = "Letters become small, each by itself, by Unicode."},
    [FUNCTION_UPPER] = {.name = "upper",
                        .takes = OF_TEXT,
                        .gives = OF_TEXT,
                        .call = "\"upper\"",
                        .input = "\"\xc3\xa4\x62\x63\"",
                        .output = "\"\xc3\x84\x42\x43\"",
                        .help = "Letters become large, each by itself, by Unicode."},
    [FUNCTION_TRIM] = {.name = "trim",
                       .takes = OF_TEXT,
                       .gives = OF_TEXT,
                       .call = "\"trim\"",
                       .input = "\"\xc2\xa0 x y\\n\"",
                       .output = "\"x y\"",
                       .help = "White space of Unicode goes from both ends."},
    [FUNCTION_EMPTY_NULL] = {.name = "empty_to_null",
                             .takes = OF_TEXT,
                             .gives = OF_TEXT | OF_NOTHING,
                             .call = "\"empty_to_null\"",
                             .input = "\"\"",
                             .output = "null",
                             .help = "\"\" becomes null."},
    [FUNCTION_NUMBER] = {.name = "number",
                         .takes = OF_TEXT | OF_NUMBER,
                         .gives = OF_NUMBER,
                         .strict = true,
                         .call = "\"number\"",
                         .input = "\" 12.50\"",
                         .output = "{\"$numberDecimal\": \"12.50\"}",
                         .help = "A text of a sign, digits and a decimal point, white space around "
                                 "it, is the number: never rounded. \"\", \"12,5\" and \"1e3\" are "
                                 "errors."},
    [FUNCTION_TEXT] = {.name = "text",
                       .takes = SCALARS,
                       .gives = OF_TEXT,
                       .strict = true,
                       .call = "\"text\"",
                       .input = "{\"$numberDouble\": \"49171.0\"}",
                       .output = "\"49171\"",
                       .help = "The value's text: a number's shortest, true or false, an ISO date, "
                               "the hex of an ObjectId, a UUID."},
    [FUNCTION_ELEMENTS] = {.name = "count",
                           .takes = OF_ARRAY,
                           .gives = OF_NUMBER,
                           .strict = true,
                           .whole = true,
                           .in_part = true,
                           .call = "\"count\"",
                           .input = "[\"a\", null]",
                           .output = "{\"$numberLong\": \"2\"}",
                           .help = "How many elements an array has."},
    [FUNCTION_UNIQUE] = {.name = "unique",
                         .takes = OF_ARRAY,
                         .gives = OF_ARRAY,
                         .strict = true,
                         .whole = true,
                         .in_part = true,
                         .call = "\"unique\"",
                         .input = "[\"a\", \"b\", \"a\"]",
                         .output = "[\"a\", \"b\"]",
                         .help = "Of equal elements of an array the first stays."},
    [FUNCTION_SPLIT] = {.name = "split",
                        .argument = ARGUMENT_TEXT,
                        .takes = OF_TEXT,
                        .gives = OF_ARRAY,
                        .strict = true,
                        .call = "{\"split\": \", \"}",
                        .input = "\"Ulm, DE\"",
                        .output = "[\"Ulm\", \"DE\"]",
                        .help =
                            "A text becomes an array of what stands between the given text; \"\" "
                            "an empty one."},
    [FUNCTION_ITEM] = {.name = "item",
                       .argument = ARGUMENT_PLACE,
                       .takes = OF_ARRAY,
                       .gives = OF_ANY,
                       .strict = true,
                       .whole = true,
                       .in_part = true,
                       .call = "{\"item\": -1}",
                       .input = "[\"Ulm\", \"DE\"]",
                       .output = "\"DE\"",
                       .help = "The element at a place, from 0, or from the end: -1 is the last; "
                               "absent where there is none."},
    [FUNCTION_FIELD] = {.name = "field",
                        .argument = ARGUMENT_TEXT,
                        .takes = OF_OBJECT,
                        .gives = OF_ANY,
                        .strict = true,
                        .in_part = true,
                        .call = "{\"field\": \"city\"}",
                        .input = "{\"city\": \"Ulm\"}",
                        .output = "\"Ulm\"",
                        .help = "The member of an object that has this name; absent where there is "
                                "none."},
    [FUNCTION_STRIP] = {.name = "strip",
                        .argument = ARGUMENT_TEXT,
                        .takes = OF_TEXT,
                        .gives = OF_TEXT,
                        .strict = true,
                        .call = "{\"strip\": \"https://x.org/\"}",
                        .input = "\"https://x.org/a.png\"",
                        .output = "\"a.png\"",
                        .help = "A text without the given prefix; one that does not begin with it "
                                "stays."},
    [FUNCTION_EPOCH] = {.name = "epoch",
                        .argument = ARGUMENT_WORD,
                        .words = epoch_words,
                        .takes = OF_NUMBER | OF_TIMESTAMP,
                        .gives = OF_DATE,
                        .strict = true,
                        .call = "{\"epoch\": \"ms\"}",
                        .input = "{\"$numberLong\": \"1704067200123\"}",
                        .output = "{\"$date\": {\"$numberLong\": \"1704067200123\"}}",
                        .help =
                            "A number of seconds or milliseconds since 1970 is the date; with "
                            "\"s\" also a Timestamp of BSON, whose counter goes, with a line in "
                            "the losses."},
    [FUNCTION_TIME] = {.name = "time",
                       .argument = ARGUMENT_TIME,
                       .takes = OF_TEXT,
                       .gives = OF_TEXT | OF_DATE,
                       .strict = true,
                       .call = "{\"time\": {\"format\": \"DD.MM.YYYY HH24:MI\", \"zone\": "
                               "\"Europe/Berlin\"}}",
                       .input = "\"15.07.2024 08:30\"",
                       .output = "{\"$date\": {\"$numberLong\": \"1721025000000\"}}",
                       .help =
                           "A text in a form of to_timestamp's patterns is a date; with a zone, "
                           "or TZH in the form, a moment. Local times that never were are "
                           "errors, or by \"gap\" the one \"before\" or \"after\"; of those "
                           "that were twice \"overlap\" takes the \"first\" or \"second\"."},
    [FUNCTION_DAY] = {.name = "day",
                      .argument = ARGUMENT_ZONE,
                      .takes = OF_DATE,
                      .gives = OF_TEXT,
                      .strict = true,
                      .call = "{\"day\": \"Europe/Berlin\"}",
                      .input = "{\"$date\": {\"$numberLong\": \"1714602600000\"}}",
                      .output = "\"2024-05-02\"",
                      .help =
                          "The date of a moment in a zone; a time of day that goes is a line in "
                          "the losses."},
    [FUNCTION_MIDNIGHT] = {.name = "midnight",
                           .argument = ARGUMENT_ZONE,
                           .takes = OF_DATE | OF_TEXT,
                           .gives = OF_DATE,
                           .strict = true,
                           .call = "{\"midnight\": \"Europe/Berlin\"}",
                           .input = "\"2024-05-02\"",
                           .output = "{\"$date\": {\"$numberLong\": \"1714600800000\"}}",
                           .help = "A day (an ISO text, or a date at midnight UTC) is its first "
                                   "moment in a zone."},
    [FUNCTION_UUID3] = {.name = "uuid3",
                        .argument = ARGUMENT_WORD,
                        .words = uuid3_words,
                        .takes = OF_UUID,
                        .gives = OF_UUID,
                        .strict = true,
                        .call = "{\"uuid3\": \"csharp\"}",
                        .input = "{\"$binary\": {\"base64\": \"AQIDBAUGBwgJCgsMDQ4PEA==\", "
                                 "\"subType\": \"03\"}}",
                        .output = "{\"$binary\": {\"base64\": \"BAMCAQYFCAcJCgsMDQ4PEA==\", "
                                  "\"subType\": \"04\"}}",
                        .help =
                            "A UUID of binary subtype 3, whose bytes stand as the driver of that "
                            "language wrote them; of subtype 4 it stays."},
    [FUNCTION_PADDED] = {.name = "padded",
                         .argument = ARGUMENT_WORD,
                         .words = padded_words,
                         .takes = OF_UUID | OF_TEXT | OF_OBJECTID,
                         .gives = OF_OBJECTID,
                         .strict = true,
                         .call = "{\"padded\": \"right\"}",
                         .input = "\"00000000-0000-0000-0000-000100000000\"",
                         .output = "{\"$oid\": \"000000000000000000000001\"}",
                         .help =
                             "A UUID that is an ObjectId, padded with zeros on that side, is the "
                             "ObjectId."},
    [FUNCTION_UUID] = {.name = "uuid",
                       .argument = ARGUMENT_TEXT,
                       .takes = OF_TEXT | OF_NUMBER | OF_OBJECTID | OF_UUID,
                       .gives = OF_TEXT,
                       .strict = true,
                       .call = "{\"uuid\": \"tasks\"}",
                       .input = "\"a\"",
                       .output = "\"cb6af2aa-6fc5-5e8f-98f8-4e68da005024\"",
                       .help = "A text, a whole number or an id becomes an id of no entity: the "
                               "UUIDv5 of its text under the given name."},
    [FUNCTION_PHONE] = {.name = "phone_digits",
                        .takes = OF_TEXT,
                        .gives = OF_TEXT,
                        .call = "\"phone_digits\"",
                        .input = "\"+1 (555) 000-1111\"",
                        .output = "\"15550001111\"",
                        .help =
                            "Without \"+\", white space, brackets, dashes, dots and slashes, as "
                            "Supabase Auth keeps phones."},
    [FUNCTION_PASSWORD] = {.name = "supabase_password",
                           .takes = OF_TEXT | OF_NOTHING,
                           .gives = OF_TEXT,
                           .call = "\"supabase_password\"",
                           .input = "null",
                           .output = "\"\"",
                           .help =
                               "Appwrite's hash as Supabase Auth reads it, or \"\" and a line in "
                               "the losses."},
    [FUNCTION_SAFE_NUMBERS] = {.name = "safe_numbers",
                               .takes = OF_ANY,
                               .gives = OF_ANY,
                               .whole = true,
                               .call = "\"safe_numbers\"",
                               .input = "{\"n\": 5}",
                               .output = "{\"n\": 5}",
                               .help = "Whole numbers beyond 2^53 inside JSON become text, with a "
                                       "line in the losses."},
    [FUNCTION_JSON] = {.name = "json",
                       .takes = OF_TEXT,
                       .gives = OF_ANY,
                       .strict = true,
                       .call = "\"json\"",
                       .input = "\"{\\\"a\\\": [1, true]}\"",
                       .output = "{\"a\": [{\"$numberLong\": \"1\"}, true]}",
                       .help = "A text that is JSON is its value; any other is an error."},
};

static const char kind_names[][12] = {"text", "number",    "boolean", "date",   "ObjectId",
                                      "UUID", "Timestamp", "array",   "object", "nothing"};

void function_kinds(unsigned kinds, char out[FUNCTION_KINDS])
{
    out[0] = '\0';
    for (size_t i = 0; kinds != OF_ANY && i < sizeof kind_names / sizeof *kind_names; i++)
        if (kinds >> i & 1) {
            size_t used = strlen(out);
            snprintf(out + used, FUNCTION_KINDS - used, "%s%s", used > 0 ? ", " : "",
                     kind_names[i]);
        }
    if (kinds == OF_ANY)
        snprintf(out, FUNCTION_KINDS, "anything");
}

void function_argument_shown(const struct function_entry *entry, struct buffer *out)
{
    switch (entry->argument) {
    case ARGUMENT_NONE:
        return;
    case ARGUMENT_TEXT:
        buffer_puts(out, "a text");
        return;
    case ARGUMENT_PLACE:
        buffer_puts(out, "a place");
        return;
    case ARGUMENT_ZONE:
        buffer_puts(out, "a zone");
        return;
    case ARGUMENT_TIME:
        buffer_puts(out, "format; zone, gap, overlap");
        return;
    case ARGUMENT_WORD:
        for (size_t i = 0; entry->words[i] != NULL; i++)
            buffer_printf(out, "%s\"%s\"", i > 0 ? ", " : "", entry->words[i]);
        return;
    }
}

/* ---- reading a call ---------------------------------------------------------------------------
 */

struct said {
    const cJSON *argument;
    const struct json_place *place; /* of it */
    struct arena *arena;
    struct error *error;
};

static bool wrong_word(const struct json_place *place, const char *word, const char *const *words,
                       size_t count, struct error *error)
{
    struct buffer all;
    buffer_init(&all);
    for (size_t i = 0; i < count; i++)
        buffer_printf(&all, "%s%s", i > 0 ? ", " : "", words[i]);
    const char *nearest = words_nearest(word, words, count);
    json_error(error, place, "\"%s\" is none of: %s%s%s%s", word, buffer_text(&all),
               nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
               nearest != NULL ? "\"?" : "");
    buffer_release(&all);
    return false;
}

static bool take_text(const struct said *said, const char **text)
{
    if (!cJSON_IsString(said->argument) || said->argument->valuestring[0] == '\0')
        return json_error(said->error, said->place, "this must be a text, and is %s",
                          json_kind(said->argument));
    *text = said->argument->valuestring;
    return true;
}

/* The place of the word in the list. */
static bool take_word(const struct said *said, const char *const *words, int *word)
{
    size_t count = 0;
    const char *text = NULL;
    if (!take_text(said, &text))
        return false;
    while (words[count] != NULL)
        count++;
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], text) == 0) {
            *word = (int)i;
            return true;
        }
    return wrong_word(said->place, text, words, count, said->error);
}

static bool take_place(const struct said *said, int64_t *number)
{
    double place = cJSON_IsNumber(said->argument) ? said->argument->valuedouble : 0.5;
    if (place != trunc(place) || fabs(place) > INT32_MAX)
        return json_error(said->error, said->place,
                          "this must be a whole number, from 0, or from the end: -1 is the last");
    *number = (int64_t)place;
    return true;
}

static bool take_zone(const struct said *said, const struct zone **zone)
{
    const char *name = NULL;
    struct error why = {0};
    if (!take_text(said, &name))
        return false;
    if (zone_load(said->arena, name, zone, &why))
        return true;
    if (why.code == ERROR_USAGE)
        json_error(said->error, said->place, "%s", why.message);
    else
        *said->error = why;
    return error_hint(said->error, "%s", why.hint);
}

static bool take_choice(const struct said *said, const char *const *words, enum time_choice *choice)
{
    int word = 0;
    if (!take_word(said, words, &word))
        return false;
    *choice = word == 0 ? TIME_EARLIER : TIME_LATER;
    return true;
}

static bool take_time(const struct said *said, struct function_call *call)
{
    static const char *const time_members[] = {"format", "zone", "gap", "overlap"};
    const cJSON *found[4];
    struct json_place places[4];
    struct said parts[4];
    const char *text = NULL;
    struct error why = {0};
    if (!cJSON_IsObject(said->argument))
        return json_error(said->error, said->place,
                          "this must be an object, as {\"format\": \"DD.MM.YYYY\"}, and is %s",
                          json_kind(said->argument));
    if (!json_only(said->argument, said->place, time_members, 4, said->error))
        return false;
    for (size_t i = 0; i < 4; i++) {
        found[i] = cJSON_GetObjectItemCaseSensitive(said->argument, time_members[i]);
        places[i] = (struct json_place){said->place, time_members[i], 0};
        parts[i] = (struct said){found[i], &places[i], said->arena, said->error};
    }
    if (found[0] == NULL)
        return json_error(said->error, said->place, "the \"format\" is missing");
    if (!take_text(&parts[0], &text))
        return false;
    if (!time_format_parse(said->arena, text, &call->format, &why)) {
        json_error(said->error, &places[0], "%s", why.message);
        return error_hint(said->error, "%s", why.hint);
    }
    if ((found[1] != NULL && !take_zone(&parts[1], &call->zone)) ||
        (found[2] != NULL && !take_choice(&parts[2], gap_words, &call->gap)) ||
        (found[3] != NULL && !take_choice(&parts[3], overlap_words, &call->overlap)))
        return false;
    if (call->zone != NULL && (call->format->zoned || !call->format->timed))
        return json_error(said->error, &places[1],
                          call->format->zoned
                              ? "the text has its zone (TZH) already"
                              : "a date without a time of day has no zone; \"midnight\" makes a "
                                "moment of it");
    if (call->zone == NULL && (found[2] != NULL || found[3] != NULL))
        return json_error(said->error, found[2] != NULL ? &places[2] : &places[3],
                          "this is for a \"zone\", and none is named");
    return true;
}

bool function_call_read(const cJSON *said, const struct json_place *place, struct arena *arena,
                        struct function_call *call, struct error *error)
{
    const char *names[FUNCTION_COUNT], *name = NULL;
    bool plain = cJSON_IsString(said), with = cJSON_IsObject(said) && said->child != NULL;
    size_t f = 0;
    if (plain)
        name = said->valuestring;
    else if (with && said->child->next == NULL)
        name = said->child->string;
    if (name == NULL)
        return json_error(error, place,
                          "a function is its name, or an object of its name and its argument, as "
                          "{\"split\": \",\"}, and this is %s",
                          with ? "an object of several names" : json_kind(said));
    for (size_t i = 0; i < FUNCTION_COUNT; i++)
        names[i] = mapping_functions[i].name;
    while (f < FUNCTION_COUNT && strcmp(name, names[f]) != 0)
        f++;
    if (f == FUNCTION_COUNT) {
        wrong_word(place, name, names, FUNCTION_COUNT, error);
        return error_hint(error, "`graduate functions` says what each does");
    }
    const struct function_entry *entry = &mapping_functions[f];
    *call = (struct function_call){.function = (enum mapping_function)f, .said = said};
    if (plain != (entry->argument == ARGUMENT_NONE))
        return json_error(error, place,
                          plain ? "\"%s\" needs its argument, as %s"
                                : "\"%s\" takes no argument: it is named alone, %s",
                          name, entry->call);
    const struct json_place here = {place, name, 0};
    const struct said argument = {plain ? said : said->child, &here, arena, error};
    switch (entry->argument) {
    case ARGUMENT_TEXT:
        return take_text(&argument, &call->text);
    case ARGUMENT_PLACE:
        return take_place(&argument, &call->place);
    case ARGUMENT_WORD:
        return take_word(&argument, entry->words, &call->word);
    case ARGUMENT_ZONE:
        return take_zone(&argument, &call->zone);
    case ARGUMENT_TIME:
        return take_time(&argument, call);
    case ARGUMENT_NONE:
        break;
    }
    return true;
}

void function_call_put(const struct function_call *call, struct buffer *out)
{
    char *text = cJSON_PrintUnformatted(call->said);
    buffer_puts(out, text != NULL ? text : "");
    out->failed = out->failed || text == NULL;
    cJSON_free(text);
}

/* The kinds of single values that a function leaves of these. */
static unsigned after(const struct function_entry *entry, unsigned kinds)
{
    unsigned made = (kinds & entry->takes) != 0 ? entry->gives : 0;
    unsigned passed = entry->strict ? 0 : kinds & ~entry->takes;
    return made | passed | (kinds & OF_NOTHING);
}

size_t function_calls_idle(const struct function_call *calls, size_t count, unsigned *before)
{
    /* What comes, and what the elements of an array that comes are; arrays of arrays are likewise.
     */
    unsigned kinds = OF_ANY, elements = OF_ANY & ~(unsigned)OF_ARRAY;
    for (size_t i = 0; i < count; i++) {
        const struct function_entry *entry = &mapping_functions[calls[i].function];
        bool over = !entry->whole && (kinds & OF_ARRAY) != 0;
        unsigned met = kinds | (over ? elements : 0);
        if ((met & entry->takes) == 0) {
            unsigned single = kinds & ~(unsigned)(OF_ARRAY | OF_NOTHING);
            *before = single != 0 ? single : kinds & ~(unsigned)OF_NOTHING;
            return i;
        }
        if (calls[i].function == FUNCTION_ITEM) {
            kinds = elements | OF_NOTHING;
            elements = OF_ANY & ~(unsigned)OF_ARRAY;
        } else if (calls[i].function == FUNCTION_SPLIT) {
            kinds = OF_ARRAY | (kinds & OF_NOTHING);
            elements = OF_TEXT;
        } else if (entry->whole) {
            kinds = after(entry, kinds);
        } else {
            kinds = after(entry, kinds & ~(unsigned)OF_ARRAY) | (kinds & OF_ARRAY);
            elements = after(entry, elements);
        }
    }
    return count;
}
