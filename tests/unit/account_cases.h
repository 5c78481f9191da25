/* account_cases.h: texts in the columns by which Supabase Auth finds an account and signs it in,
 * and what is wrong with them: for transform's reading and for verify's; test_accounts.py asks the
 * check of the accounts about the same. */
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
    {"encrypted_password", "", NULL},
    {"encrypted_password", "$2a$10$" FIFTY "abc", NULL},
    {"encrypted_password", "$2$04$" FIFTY "./Z", NULL},
    {"encrypted_password", "$2y$17$" FIFTY "abcd", NULL},
    {"encrypted_password", "$2a$18$" FIFTY "abc", "is a bcrypt string with a cost outside 4 to 17"},
    {"encrypted_password", "$2a$03$" FIFTY "abc", "is a bcrypt string with a cost outside 4 to 17"},
    {"encrypted_password", "$2a$010$" FIFTY "ab", "is no bcrypt, argon2 or fbscrypt string"},
    {"encrypted_password", "$2A$10$" FIFTY "abc", "is no bcrypt, argon2 or fbscrypt string"},
    {"encrypted_password", "$2a$10$" FIFTY "ab", "is no bcrypt, argon2 or fbscrypt string"},
    {"encrypted_password", "$2a$10$" FIFTY "a=c", "is no bcrypt, argon2 or fbscrypt string"},
    {"encrypted_password", "5f4dcc3b5aa765d61d8327deb882cf99",
     "is no bcrypt, argon2 or fbscrypt string"},
    {"encrypted_password", "secret", "is no bcrypt, argon2 or fbscrypt string"},
    {"encrypted_password", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", NULL},
    {"encrypted_password", "$argon2i$v=19$m=0,t=1,p=1$c2E$aGE", NULL},
    {"encrypted_password", "$argon2d$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
     "is no argon2i or argon2id string"},
    {"encrypted_password", "$argon2id$v=16$m=65536,t=3,p=4$c2FsdA$aGFzaA",
     "is no argon2i or argon2id string"},
    {"encrypted_password", "$argon2id$v=19$t=3,m=65536,p=4$c2FsdA$aGFzaA",
     "is no argon2i or argon2id string"},
    {"encrypted_password", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA==$aGFzaA",
     "is no argon2i or argon2id string"},
    {"encrypted_password", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA$",
     "is no argon2i or argon2id string"},
    {"encrypted_password", "$argon2id$v=19$m=65536,t=3,p=4$c2Fsd$aGFzaA",
     "whose base64 is cut off"},
    {"encrypted_password", "$argon2id$v=19$m=1048576,t=3,p=4$c2FsdA$aGFzaA", "with m over 1048575"},
    {"encrypted_password", "$argon2id$v=19$m=65536,t=21,p=4$c2FsdA$aGFzaA",
     "with t outside 1 to 20"},
    {"encrypted_password", "$argon2id$v=19$m=65536,t=3,p=17$c2FsdA$aGFzaA",
     "with p outside 1 to 16"},
    {"encrypted_password",
     "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=c2lnbg==$c2FsdA==$aGFzaA==", NULL},
    {"encrypted_password", "$fbscrypt$v=1,n=14,r=8,p=1,sk=c2ln$c2FsdA==$aGFz", NULL},
    {"encrypted_password", "$fbscrypt$v=2,n=14,r=8,p=1,sk=c2ln$c2FsdA==$aGFz",
     "is no fbscrypt string of version 1"},
    {"encrypted_password", "$fbscrypt$v=1,n=14,r=8,p=1,sk=c2ln$c2FsdA$aGFz",
     "is no fbscrypt string of version 1"},
    {"encrypted_password",
     "$fbscrypt$v=1,n=14,r=8,p=1,sk=c2ln$c2FsdA==$aGFz=", "is no fbscrypt string of version 1"},
    {"encrypted_password", "$fbscrypt$v=1,n=16384,r=8,p=1,sk=c2ln$c2FsdA==$aGFz",
     "whose n is not the exponent"},
    {"encrypted_password", "$fbscrypt$v=1,n=14,r=256,p=1,sk=c2ln$c2FsdA==$aGFz",
     "with r or p outside 1 to 255"},
    {"encrypted_password", "$fbscrypt$v=1,n=14,r=8,p=1$c2FsdA==$aGFz",
     "whose signer key (sk) is not as long"},
    {"encrypted_password", "$fbscrypt$v=1,n=14,r=8,p=1,sk=c2lnbg==$c2FsdA==$aGFz",
     "whose signer key (sk) is not as long"},
};
enum { ACCOUNT_CASES = sizeof account_cases / sizeof account_cases[0] };

#endif
