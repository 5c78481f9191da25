#include "account.h"

#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

struct account_rule {
    const char *table, *column, *name;
    const char *(*fault)(const uint8_t *text, size_t length); /* NULL: none */
    const char *hint;
};

/* ---- addresses ------------------------------------------------------------------------------- */

enum { LONGEST_ADDRESS = 255 }; /* bytes */

struct letters {
    size_t count, ats, blanks, capitals;
    size_t before, behind; /* of the last "@" */
    bool blank_ends;       /* the first or the last is white space */
};

static struct letters read_letters(const uint8_t *text, size_t length)
{
    struct letters letters = {0};
    for (size_t at = 0; at < length; letters.count++) {
        ucs4_t letter;
        int size = u8_mbtoucr(&letter, text + at, length - at);
        if (size <= 0) {
            letter = text[at];
            size = 1;
        }
        bool blank = uc_is_property(letter, UC_PROPERTY_WHITE_SPACE);
        at += (size_t)size;
        letters.blanks += blank;
        letters.blank_ends = letters.blank_ends || (blank && (letters.count == 0 || at == length));
        letters.capitals += uc_tolower(letter) != letter;
        letters.behind++;
        if (letter == '@') {
            letters.ats++;
            letters.before = letters.count;
            letters.behind = 0;
        }
    }
    return letters;
}

static const char *fault_of_address(const uint8_t *text, size_t length)
{
    const struct letters letters = read_letters(text, length);
    if (length == 0)
        return "is empty, where nothing is null";
    if (length > LONGEST_ADDRESS)
        return "is longer than 255 bytes";
    if (letters.blank_ends)
        return "begins or ends with white space";
    if (letters.ats != 1 || letters.blanks > 0 || letters.before == 0 || letters.behind == 0)
        return "has not the shape of an address";
    return letters.capitals > 0 ? "has capital letters" : NULL;
}

/* ---- phones ---------------------------------------------------------------------------------- */

static const char *fault_of_phone(const uint8_t *text, size_t length)
{
    size_t digits = 0;
    while (digits < length && text[digits] >= '0' && text[digits] <= '9')
        digits++;
    if (length == 0)
        return "is empty, where nothing is null";
    if (digits < length)
        return "is not digits alone";
    if (text[0] == '0')
        return "begins with a zero, and not with a country's number";
    return length < 2 || length > 15 ? "has not 2 to 15 digits" : NULL;
}

static const struct account_rule rules[] = {
    {"auth.users", "email", "address", fault_of_address,
     ADVICE("correct the record in the source; or have it mended in the mapping, \"do\": "
            "[\"trim\", \"lower\", \"empty_to_null\"], or say by \"misfit\" what stands for it, as "
            "\"null\"; then run again")},
    {"auth.users", "phone", "phone", fault_of_phone,
     ADVICE("correct the record in the source; or have it mended in the mapping, \"do\": "
            "[\"phone_digits\", \"empty_to_null\"], or say by \"misfit\" what stands for it, as "
            "\"null\"; then run again")},
};

const struct account_rule *account_rule_find(const char *table, const char *column)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (strcmp(rules[i].table, table) == 0 && strcmp(rules[i].column, column) == 0)
            return &rules[i];
    return NULL;
}

bool account_rule_check(const struct account_rule *rule, const uint8_t *text, size_t length,
                        const struct value *value, struct error *error)
{
    char what[120];
    const char *fault = rule->fault(text, length);
    if (fault == NULL)
        return true;
    value_describe(value, what, sizeof what);
    error_set(error, ERROR_DATA, "%s %s: Supabase Auth takes no such %s", what, fault, rule->name);
    return error_hint(error, "%s", rule->hint);
}
