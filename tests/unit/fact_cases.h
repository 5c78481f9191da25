/* fact_cases.h: questions about records of another entity, for both readings of them. */
#ifndef TESTS_FACT_CASES_H
#define TESTS_FACT_CASES_H

#include <stddef.h>

/* `in`: what is asked of the users, whose records are `users`, one after the other; single quotes
 * stand for double ones. Of the record's field "s" it holds ("+"), does not ("-"), or is an error
 * ("!"). */
struct fact_case {
    const char *in, *users[4], *record, *holds;
};

#define FACT_OID(hex) "{'$oid': '5f0c8a1b2c3d4e5f607182" hex "'}"
#define FACT_UUID "{'$binary': {'base64': 'ABEiM0RVZneImaq7zN3u/w==', 'subType': '04'}}"

static const struct fact_case fact_cases[] = {
    {"{'users': 'u'}", {"{'u': 'a'}", "{'u': 'b'}"}, "{'s': 'b'}", "+"},
    {"{'users': 'u'}", {"{'u': 'a'}", "{'u': 'b'}"}, "{'s': 'c'}", "-"},
    {"{'users': 'u'}", {"{'u': 'a'}", "{'u': 'b'}"}, "{'s': 'B'}", "-"},
    {"{'users': 'u'}", {"{'u': ''}", "{}"}, "{'s': ''}", "+"},
    /* nothing is no value, on either side */
    {"{'users': 'u'}", {"{'u': null}", "{'u': 'a'}"}, "{'s': null}", "-"},
    {"{'users': 'u'}", {"{'u': 'a'}"}, "{}", "-"},
    {"{'users': 'u'}", {"{'u': null}"}, "{'s': 'a'}", "-"},
    {"{'users': 'u'}", {NULL}, "{'s': 'a'}", "-"},
    /* only records for which it holds */
    {"{'users': 'u', 'when': {'k': 1}}", {"{'u': 'a', 'k': 1}"}, "{'s': 'a'}", "+"},
    {"{'users': 'u', 'when': {'k': 1}}", {"{'u': 'a', 'k': 2}"}, "{'s': 'a'}", "-"},
    {"{'users': 'u', 'when': {'k': 1}}",
     {"{'u': 'a', 'k': 2}", "{'u': 'a', 'k': 1}"},
     "{'s': 'a'}",
     "+"},
    {"{'users': 'u', 'when': {'k': 1}}", {"{'u': 'a'}", "{'u': 'b', 'k': 1}"}, "{'s': 'a'}", "-"},
    {"{'users': 'u', 'when': {'any': [{'k.a': 1}, {'l': {'matches': '^x'}}]}}",
     {"{'u': 'a', 'k': {'a': 1}}", "{'u': 'b', 'k': 7, 'l': 'xy'}"},
     "{'s': 'b'}",
     "+"},
    {"{'users': 'u', 'when': {'any': [{'k.a': 1}, {'l': {'matches': '^x'}}]}}",
     {"{'u': 'a', 'k': {'a': 2}, 'l': 'yx'}", "{'u': 'b', 'k': 7, 'l': 'xy'}"},
     "{'s': 'a'}",
     "-"},
    {"{'users': 'u', 'when': {'u': {'not': 'a'}}}",
     {"{'u': 'a'}", "{'u': 'b'}"},
     "{'s': 'a'}",
     "-"},
    /* inside of documents, and of arrays at any depth */
    {"{'users': 'd.u'}", {"{'d': {'u': 'a'}}"}, "{'s': 'a'}", "+"},
    {"{'users': 'd.u'}", {"{'d': {'v': 'a'}}", "{'d': 'a'}", "{'d': null}"}, "{'s': 'a'}", "-"},
    {"{'users': 'u'}", {"{'u': ['a', null, 'b']}"}, "{'s': 'b'}", "+"},
    {"{'users': 'u'}", {"{'u': []}"}, "{'s': 'b'}", "-"},
    {"{'users': 'u'}", {"{'u': [['a'], ['b']]}"}, "{'s': 'b'}", "+"},
    {"{'users': 'd.u'}", {"{'d': [{'u': 'a'}, 1, {'u': ['b']}]}"}, "{'s': 'b'}", "+"},
    /* ids by their text, numbers by their digits, dates by their moment */
    {"{'users': 'u'}", {"{'u': " FACT_OID("01") "}"}, "{'s': " FACT_OID("01") "}", "+"},
    {"{'users': 'u'}", {"{'u': " FACT_OID("01") "}"}, "{'s': " FACT_OID("02") "}", "-"},
    {"{'users': 'u'}", {"{'u': '5f0c8a1b2c3d4e5f60718201'}"}, "{'s': " FACT_OID("01") "}", "+"},
    {"{'users': 'u'}", {"{'u': " FACT_OID("01") "}"}, "{'s': '5f0c8a1b2c3d4e5f60718201'}", "+"},
    {"{'users': 'u'}",
     {"{'u': " FACT_UUID "}"},
     "{'s': '00112233-4455-6677-8899-aabbccddeeff'}",
     "+"},
    {"{'users': 'u'}", {"{'u': 7}"}, "{'s': {'$numberDouble': '7.0'}}", "+"},
    {"{'users': 'u'}", {"{'u': {'$numberDecimal': '70E-1'}}"}, "{'s': {'$numberLong': '7'}}", "+"},
    {"{'users': 'u'}", {"{'u': {'$numberDecimal': '1.50'}}"}, "{'s': 1.5}", "+"},
    {"{'users': 'u'}", {"{'u': {'$numberDecimal': '1E+2'}}"}, "{'s': 100}", "+"},
    {"{'users': 'u'}", {"{'u': -7}"}, "{'s': 7}", "-"},
    {"{'users': 'u'}", {"{'u': 70}"}, "{'s': 7}", "-"},
    {"{'users': 'u'}", {"{'u': 0}"}, "{'s': {'$numberDouble': '-0.0'}}", "+"},
    {"{'users': 'u'}", {"{'u': {'$numberDecimal': '0E+6'}}"}, "{'s': 0}", "+"},
    {"{'users': 'u'}", {"{'u': {'$numberDouble': 'NaN'}}"}, "{'s': {'$numberDouble': 'NaN'}}", "-"},
    {"{'users': 'u'}",
     {"{'u': {'$numberDouble': 'Infinity'}}"},
     "{'s': {'$numberDecimal': 'Infinity'}}",
     "+"},
    {"{'users': 'u'}",
     {"{'u': {'$numberDouble': 'Infinity'}}"},
     "{'s': {'$numberDouble': '-Infinity'}}",
     "-"},
    {"{'users': 'u'}", {"{'u': true}"}, "{'s': true}", "+"},
    {"{'users': 'u'}", {"{'u': true}"}, "{'s': false}", "-"},
    {"{'users': 'u'}",
     {"{'u': {'$date': '2024-01-02T00:00:00Z'}}"},
     "{'s': {'$date': '2024-01-02T00:00:00Z'}}",
     "+"},
    {"{'users': 'u'}",
     {"{'u': {'$date': '2024-01-02T00:00:00Z'}}"},
     "{'s': {'$date': '2024-01-02T00:00:01Z'}}",
     "-"},
    /* another kind than all of them */
    {"{'users': 'u'}", {"{'u': '7'}"}, "{'s': 7}", "!"},
    {"{'users': 'u'}", {"{'u': 7}"}, "{'s': '7'}", "!"},
    {"{'users': 'u'}", {"{'u': 1}"}, "{'s': true}", "!"},
    {"{'users': 'u'}", {"{'u': '2024-01-02'}"}, "{'s': {'$date': '2024-01-02T00:00:00Z'}}", "!"},
    {"{'users': 'u'}", {"{'u': '7'}"}, "{'s': ['7']}", "!"},
    {"{'users': 'u'}", {"{'u': {'a': 1}}"}, "{'s': '7'}", "!"},
    {"{'users': 'u'}", {NULL}, "{'s': {'a': 1}}", "!"},
    {"{'users': 'u'}", {"{'u': '7'}", "{'u': 8}"}, "{'s': 7}", "-"},
    {"{'users': 'u'}", {"{'u': {'a': 1}}", "{'u': 8}"}, "{'s': {'a': 1}}", "-"},
    {"{'users': 'u', 'when': {'k': 1}}",
     {"{'u': 7, 'k': 1}", "{'u': 'a', 'k': 2}"},
     "{'s': 'a'}",
     "!"},
};
enum { FACT_CASES = sizeof fact_cases / sizeof fact_cases[0] };

/* The two mappings; users have nothing that speaks for their fields, as nothing is read of them. */
#define FACT_USERS                                                                                 \
    "{'from': 'core.users', 'to': {'public.users': {'key': ['id'], 'columns': {'id': {'from': "    \
    "'_id', 'id_of': 'users'}}}}}"
#define FACT_BOOKS                                                                                 \
    "{'from': 'core.books', 'to': {'public.books': {'key': ['k'], 'columns': {'k': {'const': "     \
    "'held', 'when': {'s': {'in': %s}}, 'default': 'not', 'type': 'text'}}}}}"

#endif
