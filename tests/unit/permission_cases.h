/* permission_cases.h: permissions of Appwrite, and whom they name: for the reading that makes policies and rows, and
 * for verify's, which must be of one mind without knowing of each other. */
#ifndef TESTS_PERMISSION_CASES_H
#define TESTS_PERMISSION_CASES_H

/* `whose`: 'u'ser, 't'eam, 'm'ember, '-' nobody by an id, ' ' it is no permission. */
static const struct permission_case {
    const char *text;
    char whose;
    const char *id;
} permission_cases[] = {
    {"read(\"any\")", '-', ""},
    {"read(\"users/verified\")", '-', ""},
    {"read(\"user:abc\")", 'u', "abc"},
    {"update(\"user:5f0c8a1b2c3d4e5f60718293/unverified\")", 'u', "5f0c8a1b2c3d4e5f60718293"},
    {"delete(\"team:t\")", 't', "t"},
    {"write(\"team:t/owner\")", 't', "t"},
    {"read(\"team:t/a/b\")", 't', "t"},
    {"read(\"member:m\")", 'm', "m"},
    {"read(\"label:user:x\")", '-', ""},
    {"read(\"teams:t\")", '-', ""},
    {"read(\"user:\")", '-', ""},
    {"read(user:abc)", ' ', ""},
    {"read(\"user:abc\"", ' ', ""},
    {"read", ' ', ""},
    {"read(\")", ' ', ""},
    {"", ' ', ""},
};

#endif
