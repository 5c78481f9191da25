/* A document out of any bytes through a mapping that uses every part of the language: what comes
 * out is what PostgreSQL takes and what verify expects, or there is an error of the record.
 *
 * The outermost length and last byte are set right, for without them nothing is looked at. */
#include "agreement.h"
#include "document.h"
#include "known_users.h"
#include "project.h"
#include "rejection.h"
#include "rows_check.h"
#include "soundness.h"

static const char mapping[] =
    "{'from': 'auth.books', 'to': {"
    "'public.books': {'key': ['k'], 'when': {'gone': {'not': true}}, 'columns': {"
    "'k': {'const': 1, 'type': 'integer'},"
    "'id': {'from': '_id', 'id_of': 'books'},"
    "'b': {'from': 'b', 'type': 'boolean'},"
    "'i': {'from': 'i', 'type': 'smallint', 'default': 7, 'null': false},"
    "'l': {'from': 'l', 'type': 'bigint'},"
    "'f': {'from': 'f', 'type': 'real'},"
    "'d': {'from': 'd', 'type': 'double precision'},"
    "'n': {'from': 'n', 'type': 'numeric'},"
    "'m': {'from': 'm', 'type': 'numeric(10,2)'},"
    "'t': {'from': 't', 'type': 'text', 'do': ['trim', 'lower']},"
    "'v': {'from': 'v', 'type': 'varchar(3)', 'do': ['phone_digits', 'empty_to_null']},"
    "'y': {'from': 'y', 'type': 'bytea'},"
    "'u': {'from': 'u', 'type': 'uuid'},"
    "'da': {'from': 'da', 'type': 'date'},"
    "'ts': {'from': 'ts', 'type': 'timestamp'},"
    "'tz': {'from': 'tz', 'type': 'timestamptz'},"
    "'j': {'from': 'j', 'type': 'jsonb', 'do': ['safe_numbers']},"
    "'js': {'from': 'js', 'type': 'json'},"
    "'ta': {'from': 'ta', 'type': 'text[]'},"
    "'na': {'from': 'na', 'type': 'numeric[]'},"
    "'ja': {'from': 'ja', 'type': 'jsonb[]'},"
    "'ia': {'from': 'ia', 'id_of': 'users', 'type': 'uuid[]'},"
    "'ib': {'from': 'ib', 'id_of': 'users', 'type': 'text[]', 'dangling': 'left_out'},"
    "'ic': {'from': 'ic', 'id_of': 'users', 'dangling': 'null'},"
    "'ie': {'from': 'ie', 'id_of': 'users', 'by': 'email', 'do': ['lower']},"
    "'iu': {'from': 'iu', 'do': [{'uuid': 'x'}], 'type': 'uuid'},"
    "'pw': {'from': 'pw', 'do': ['supabase_password'], 'type': 'varchar(255)'},"
    "'fa': {'from': 'fa', 'do': ['trim', 'upper'], 'type': 'text'},"
    "'fb': {'from': 'fb', 'do': ['number'], 'type': 'numeric'},"
    "'fc': {'from': 'fc', 'do': ['number'], 'type': 'double precision'},"
    "'fd': {'from': 'fd', 'do': ['text'], 'type': 'text'},"
    "'fe': {'from': 'fe', 'do': ['text'], 'type': 'jsonb'},"
    "'ff': {'from': 'ff', 'do': ['unique'], 'type': 'jsonb'},"
    "'fg': {'from': 'fg', 'do': ['count'], 'type': 'integer'},"
    "'fh': {'from': 'fh', 'do': [{'split': 'a'}, 'lower', 'unique'], 'type': 'text[]'},"
    "'fi': {'from': 'fi', 'do': [{'item': -1}], 'type': 'jsonb', 'default': 0},"
    "'fj': {'from': 'fj', 'do': [{'strip': 'ab'}, 'phone_digits'], 'type': 'text'},"
    "'fk': {'from': 'fk', 'do': [{'epoch': 's'}], 'type': 'timestamptz'},"
    "'fl': {'from': 'fl', 'do': [{'time': {'format': 'YYYY-MM-DD HH24:MI', 'zone': "
    "'Europe/Berlin', 'gap': 'after', 'overlap': 'second'}}], 'type': 'timestamptz'},"
    "'fm': {'from': 'fm', 'do': [{'time': {'format': 'FMDD Mon YYYY HH12:MI:SS.US AM TZH:TZM'}}], "
    "'type': 'timestamptz'},"
    "'fn': {'from': 'fn', 'do': [{'day': 'Europe/Berlin'}], 'type': 'date'},"
    "'fo': {'from': 'fo', 'do': [{'midnight': 'America/Sao_Paulo'}], 'type': 'timestamptz'},"
    "'fp': {'from': 'fp', 'do': [{'uuid3': 'java'}], 'type': 'uuid'},"
    "'fq': {'from': 'fq', 'do': [{'padded': 'left'}], 'id_of': 'users'},"
    "'fr': {'from': 'fr', 'do': ['json', 'safe_numbers'], 'type': 'jsonb'},"
    "'o': {'object': {'sub': {'from': 'r', 'id_of': 'users'}, 'all': "
    "{'from': 'ia', 'id_of': 'users', 'dangling': 'keep'}, 'x': {'first': [{'from': "
    "'x'}, {'const': []}]}, 'in': {'object': {'y': {'from': 'me.y'}}, 'when': {'b': "
    "true}}}, 'type': 'jsonb'},"
    "'s': {'first': [{'from': 'me.s'}, {'from': 'x'}], 'type': 'text', 'when': {'i': "
    "{'not': 0}}},"
    "'q': {'const': 1, 'type': 'integer', 'when': {'any': [{'q': {'kind': 'number', 'above': -1.5, "
    "'at_most': 1e18}}, {'q': {'kind': 'text', 'matches': '^.[a-c ]+$'}}, {'q': {'kind': 'array', "
    "'has': 'a'}}, {'q': {'kind': 'array', 'has': 2}}, {'q': {'kind': 'date', 'below': "
    "'2020-02-29T12:00:00+02:00'}}, {'q': {'kind': 'objectid', 'at_least': "
    "'5F0c8a1b2c3d4e5f60718293'}}, {'q': {'kind': 'uuid', 'above': "
    "'5f0c8a1b-2c3d-4e5f-6071-829300000000'}}, {'none': [{'q': {'kind': 'binary'}}, {'q': "
    "{'exists': "
    "true, 'empty': true}}]}]}},"
    "'qq': {'first': [{'const': 1, 'when': {'qq': {'in': [1, 2.5]}}}, {'const': 2, 'when': {'qq': "
    "{'not': 3}}}, {'const': 3}], 'type': 'integer'},"
    "'pa': {'from': 'pa.0', 'type': 'jsonb'}, 'pb': {'from': 'pa.-1.a.0', 'type': 'text', 'when': "
    "{'pa.1': {'kind': 'text'}, 'pb.-2.a': {'not': 1}}},"
    "'fs': {'from': 'fs', 'do': [{'field': 'a'}, {'field': 'b'}], 'type': 'jsonb'},"
    "'aa': {'array': ['am', {'const': [1, {'c': null}]}, {'object': {'x': {'from': 'an'}, 'y': "
    "{'array': "
    "['am', {'array': ['an'], 'when': {'an': {'kind': 'text'}}}]}}, 'do': ['safe_numbers']}, "
    "{'first': ['am', "
    "'an']}], 'type': 'jsonb'},"
    "'ab': {'array': ['am', {'from': 'an', 'do': ['text']}, {'const': 'x', 'when': {'am': 'y'}}], "
    "'do': "
    "['unique'], 'type': 'text[]', 'when': {'am': {'kind': 'text'}, 'an': {'kind': 'number'}}},"
    "'ac': {'object': {'m': {'array': ['ao', 'ap'], 'id_of': 'users'}}, 'type': 'jsonb'},"
    "'ad': {'array': ['ao', 'ap'], 'id_of': 'users', 'type': 'uuid[]', 'dangling': 'null'},"
    "'xa': {'const': 1, 'type': 'integer', 'when': {'xa': {'in': {'users': 'v'}}}},"
    "'xb': {'const': 1, 'type': 'integer', 'when': {'xb': {'in': {'users': 'v', 'when': {'k': "
    "1}}}}},"
    "'xc': {'const': 1, 'type': 'integer', 'when': {'none': [{'xc': {'in': {'users': 'v.w'}}}]}},"
    "'ma': {'first': [{'const': 1, 'when': {'ma': {'above': '2024-07-01T12:00:00.000001+02:00'}}}, "
    "{'const': 2, "
    "'when': {'ma': {'kind': 'date', 'not': 'infinity'}}}, {'const': 3}], 'type': 'integer'},"
    "'mb': {'from': 'mb', 'do': [{'day': 'UTC'}], 'type': 'date'},"
    "'mc': {'from': 'mc', 'do': ['unique', {'item': 0}, {'midnight': 'Europe/Berlin'}], 'type': "
    "'timestamptz'},"
    "'md': {'const': 1, 'type': 'integer', 'when': {'mc': {'has': '2024-07-01'}}},"
    "'me_': {'const': 1, 'type': 'integer', 'when': {'$createdAt': {'below': "
    "'2024-07-01T12:00:00'}}},"
    "'ya': {'from': 'ya', 'type': 'smallint', 'misfit': {'range': 'clamp', 'rounding': 'round', "
    "'other': "
    "'null'}},"
    "'yb': {'from': 'yb', 'type': 'numeric(3,1)', 'misfit': {'range': 'clamp', 'rounding': "
    "'round', "
    "'negative_zero': 'default'}, 'default': 5},"
    "'yc': {'from': 'yc', 'type': 'real[]', 'misfit': {'range': 'clamp', 'rounding': 'round'}},"
    "'yd': {'from': 'yd', 'type': 'varchar(3)[]', 'misfit': {'nul': 'strip', 'too_long': 'cut', "
    "'no_array': 'null'}},"
    "'ye': {'from': 'ye', 'type': 'jsonb', 'misfit': {'nul': 'strip', 'key_twice': 'last', "
    "'beyond_double': 'text'}},"
    "'yf': {'from': 'yf', 'do': ['json'], 'type': 'jsonb', 'misfit': {'json': 'keep', 'other': "
    "'default'}, "
    "'default': {'x': 1}},"
    "'yg': {'from': 'yg', 'do': ['trim', 'number'], 'map': {'1': 2, '2': 'x'}, 'type': 'bigint', "
    "'misfit': "
    "'null'},"
    "'yh': {'from': 'yh', 'type': 'date', 'misfit': {'range': 'clamp', 'other': 'null'}},"
    "'yi': {'from': 'yi', 'type': 'timestamptz', 'misfit': {'range': 'clamp'}},"
    "'yj': {'object': {'a': {'from': 'yj.a'}, 'b': {'from': 'yj.b'}}, 'type': 'jsonb', 'misfit': "
    "{'nul': "
    "'strip', 'key_twice': 'last', 'negative_zero': 'zero'}},"
    "'yk': {'first': [{'from': 'yk', 'do': ['number']}, {'from': 'x'}], 'type': 'double "
    "precision', "
    "'misfit': {'rounding': 'round', 'range': 'null', 'other': 'default'}, 'default': 1},"
    "'yl': {'from': 'yl', 'type': 'integer', 'misfit': {'rounding': 'round', 'other': 'reject'}},"
    "'wa': {'from': 'w.a', 'type': 'bigint', 'misfit': 'null'}, 'wb': {'from': 'wk.w', 'type': 'jsonb'},"
    "'pm': {'from': 'pm', 'type': 'text[]', 'misfit': {'nul': 'strip'}},"
    "'ra': {'from': 'ra.a', 'type': 'text'}, 'rb': {'rest': 'ra', 'misfit': {'nul': 'strip', "
    "'key_twice': 'last'}}, 'rc': {'object': {'c': {'from': 'ra.b.c'}, 'more': {'rest': 'ra.b', "
    "'when': {'ra.a': {'not': 'x'}}}, 'deep': {'rest': 'ra.b.d.e', 'do': ['safe_numbers']}}, 'type': "
    "'jsonb', 'misfit': {'key_twice': 'reject'}, 'when': {'ra.b': {'exists': true}}},"
    "'rest': {'rest': true, 'misfit': {'nul': 'strip', 'key_twice': 'last'}}}},"
    "'public.e': {'each': 'e', 'when': {'a': {'not': ''}}, 'key': ['p'], 'columns': "
    "{'k': {'parent': 'k'}, 'id': {'parent': 'id'}, 'p': {'position': true}, 'a': "
    "{'from': 'a', 'type': 'text'}, 'c': {'from': 'c.c', 'type': 'jsonb'}, 'd': {'rest': 'c'}, 'rest': "
    "{'rest': true}}},"
    "'public.g': {'each': 'me.g', 'key': ['p'], 'columns': {'p': {'position': true}, "
    "'w': {'from': '.', 'type': 'text'}}},"
    "'public.q': {'each': 'e.q', 'misfit': {'no_array': 'list', 'row_twice': 'first', 'refused': "
    "'reject'}, 'key': "
    "['i', 'p'], "
    "'columns': {'i': {'position': 'e'}, 'k': {'parent': 'k'}, 'p': {'from': 'p', 'type': "
    "'bigint', "
    "'default': 0, 'null': false}, 'o': {'object': {'x': {'from': '^.a'}, 'more': {'rest': true}, 'less': {'rest': 'r.r'}}, "
    "'type': "
    "'jsonb'}, 's': {'from': '^^.t', 'type': 'text', 'when': {'^.a': {'not': 'x'}}}}},"
    "'public.h': {'each': 'me.h.*', 'key': ['h'], 'columns': {'h': {'name': true}, 'l': {'from': "
    "'\\u0027a.b\\u0027', "
    "'type': 'text[]', 'misfit': {'no_array': 'list'}}}},"
    "'auth.users': {'exists': true, 'key': ['id'], 'columns': {'id': {'from': '_id', 'id_of': 'books'}, 'email': {'from': "
    "'me.mail', 'type': 'varchar(255)', 'misfit': {'too_long': 'cut', 'other': 'null'}}, 'phone': {'from': "
    "'me.phone', 'type': 'text', 'misfit': 'null'}, 'encrypted_password': {'from': 'me.hash', 'type': 'text', "
    "'misfit': 'default', 'default': ''}, 'banned_until': {'from': 'me.until', 'type': 'timestamptz', 'misfit': 'null'}, "
    "'raw_user_meta_data': {'from': 'me.meta', 'type': 'jsonb', 'misfit': {'json': 'keep', 'other': 'null'}}}}},"
    "'misfit': {'utf8': 'replace', 'not_finite': 'null'},"
    "'json': ['w', 'wk.w', 'e.w'],"
    "'drop': ['hash', 'hashOptions', 'me.z', 'e.z', 'me.h.*.z']}";

/* What the source says of its records: which texts are moments. */
static const char declared[] =
    "{'name': 'books', 'columns': [" COLUMN("ma", "datetime", "0") "," COLUMN("mb", "datetime", "0") ","
    COLUMN("mc", "datetime[]", "0") "]}";
static struct catalog described;
static struct memory_project project;
static struct plan plan;
static struct rows rows;
static struct known_users known;

/* 'pm' holds permissions: users and teams in them get ids of the target, memberships keep theirs. */
static void give_access(void)
{
    static struct mapping_column team, member;
    static struct access access;
    struct mapping *users = &project.mappings[1];
    struct mapping_table *table = &project.mappings[0].tables[0];
    team.value = (struct mapping_value){.id_of = users, .ids = IDENTITY_TEXTS};
    access = (struct access){
        .users = users, .team = &team, .member = &member, .dangling = DANGLING_KEEP};
    for (size_t c = 0; c < table->column_count; c++)
        if (strcmp(table->columns[c].name, "pm") == 0)
            table->columns[c].value.access = &access;
}

static void set_up(void)
{
    static cJSON *json;
    struct error error;
    char *text = quote(declared);
    catalog_init(&described);
    MUST(catalog_parse_entity(text, "declared", &described, &error));
    free(text);
    MUST(memory_project_make(&project, memory_project_json(mapping, &json), &error));
    give_access();
    MUST(plan_compile(&plan, &project.schema, &project.mappings[0], described.entities, &error));
    MUST(rows_init(&rows, 5, &error));
    known_users_make(&known, &project.project, &project.mappings[1]);
    plan.lookups = &known.lookups;
}

/* graduate-extract lets no other document pass: how far each of two readers gets in a damaged one
 * is no matter. */
static bool is_sound(const uint8_t *document, size_t length)
{
    size_t at;
    return soundness_problem(document, length, &at) == NULL;
}

/* What the record counts as where the target refuses it (refusable.c). */
static void check_rejected(const struct agreement *agreement)
{
    if (rows.filtered + rows.rejection.records > 0)
        return;
    MUST(rows.rejection.refusable == 1);
    rejection_take_values_back(&rows.rejection, &plan);
    document_set_aside(&plan.scopes[0], &plan.paths, FATE_REJECTED);
    check_refused(agreement);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (plan.entity == NULL)
        set_up();
    if (size < 5)
        return 0;
    uint8_t *bson = malloc(size);
    MUST(bson != NULL);
    memcpy(bson, data, size);
    uint32_t length = (uint32_t)size;
    memcpy(bson, &length, sizeof length);
    bson[size - 1] = 0;
    struct error error = {0};
    if (plan.paths.count >
        FATE_MOST_PATHS / 2) { /* of all inputs so far: let none be counted as "*" */
        plan_release(&plan);
        MUST(plan_compile(&plan, &project.schema, &project.mappings[0], described.entities, &error));
        plan.lookups = &known.lookups;
    }
    rows_clear(&rows);
    losses_clear(&plan.losses);
    path_account_clear(&plan.paths);
    if (rows_put_document(&rows, &plan, bson, size, &error)) {
        for (size_t o = 0; o < 5; o++)
            check_rows(&rows.lists[o], &project.schema.outputs[o]);
        check_losses(&plan.losses);
        MUST(rows.filtered + rows.rejection.records == (rows.lists[0].rows == 0));
        const struct agreement agreement = {&project.project,
                                            &project.mappings[0],
                                            described.entities,
                                            project.schema.outputs,
                                            &rows,
                                            &plan.paths,
                                            bson,
                                            size,
                                            &known.expect};
        if (is_sound(bson, size)) {
            check_agreement(&agreement);
            check_rejected(&agreement);
        }
    } else {
        MUST(error.code == ERROR_DATA || error.code == ERROR_SOURCE);
        MUST(error.message[0] != '\0' && error.hint[0] != '\0');
        MUST(strcmp(error.entity, "books") == 0);
    }
    free(bson);
    return 0;
}
