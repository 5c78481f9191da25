/* account_cases.h: texts in the columns by which Supabase Auth finds an account, and what is wrong with them: for
 * transform's reading and for verify's; test_accounts.py asks the check of the accounts about the same. */
#ifndef TESTS_ACCOUNT_CASES_H
#define TESTS_ACCOUNT_CASES_H

#include <string.h>

#define TEN "abcdefghij"
#define FIFTY TEN TEN TEN TEN TEN

/* `fault`: NULL: none. */
struct account_case {
    const char *column, *text, *fault;
};

static const struct account_case account_cases[] = {
    {"email", "ann@example.org", NULL},
    {"email", "a@b", NULL},
    {"email", "\xc3\xbcser@ex\xc3\xa4mple.org", NULL},
    {"email", "a+b.c'd@x-y.example.org", NULL},
    {"email", "\xe6\xbc\xa2@example.org", NULL},
    {"email", FIFTY FIFTY FIFTY FIFTY FIFTY "@abc", NULL},
    {"email", FIFTY FIFTY FIFTY FIFTY FIFTY "@abcd", NULL},
    {"email", FIFTY FIFTY FIFTY FIFTY FIFTY "@abcde", "is longer than 255 bytes"},
    {"email", "", "is empty, where nothing is null"},
    {"email", "Ann@example.org", "has capital letters"},
    {"email", "ann@EXAMPLE.org", "has capital letters"},
    {"email", "\xc3\x9cser@example.org", "has capital letters"},
    {"email", " ann@example.org", "begins or ends with white space"},
    {"email", "ann@example.org\n", "begins or ends with white space"},
    {"email", "ann@example.org\xe2\x80\x89", "begins or ends with white space"},
    {"email", " ", "begins or ends with white space"},
    {"email", "ann", "has not the shape of an address"},
    {"email", "@example.org", "has not the shape of an address"},
    {"email", "ann@", "has not the shape of an address"},
    {"email", "@", "has not the shape of an address"},
    {"email", "ann@bo@example.org", "has not the shape of an address"},
    {"email", "ann bo@example.org", "has not the shape of an address"},
    {"email", "ann@example\torg", "has not the shape of an address"},
    {"phone", "4915112345678", NULL},
    {"phone", "12", NULL},
    {"phone", "123456789012345", NULL},
    {"phone", "", "is empty, where nothing is null"},
    {"phone", "+4915112345678", "is not digits alone"},
    {"phone", "49 151", "is not digits alone"},
    {"phone", "49151\n", "is not digits alone"},
    {"phone", "015112345678", "begins with a zero, and not with a country's number"},
    {"phone", "0", "begins with a zero, and not with a country's number"},
    {"phone", "1", "has not 2 to 15 digits"},
    {"phone", "1234567890123456", "has not 2 to 15 digits"},
};
enum { ACCOUNT_CASES = sizeof account_cases / sizeof account_cases[0] };

#endif
