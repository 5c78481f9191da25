/* A project folder as one model: project.json, .env, the order of the entities, the fingerprint.
 * What is inside a mapping file is in test_mapping.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch_folder.h"
#include "graduate/file.h"
#include "graduate/json.h"
#include "graduate/project.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define SOURCES "\"sources\":{\"core\":{\"kind\":\"mongodb\",\"uri\":\"${CORE}\"}}"
#define PROJECT(more) "{\"project\":\"p\",\"target\":\"${T}\"," SOURCES more "}"

static int setup(void **state)
{
    static struct folder folder;
    folder_make(&folder);
    assert_int_equal(chdir(folder.path), 0); /* where .env and mappings/ are looked for */
    *state = &folder;
    return 0;
}

static int teardown(void **state)
{
    assert_int_equal(chdir("/"), 0);
    folder_remove(*state);
    return 0;
}

/* A mapping of core.NAME with an id and, if given, a column that refers to another entity. */
static void put_mapping(const struct folder *folder, const char *name, const char *refers_to)
{
    char file[64], text[512], reference[128] = "";
    if (refers_to != NULL)
        snprintf(reference, sizeof reference, ",\"other\":{\"from\":\"o\",\"id_of\":\"%s\"}",
                 refers_to);
    snprintf(file, sizeof file, "%s.json", name);
    snprintf(text, sizeof text,
             "{\"from\":\"core.%s\",\"to\":{\"public.%s\":{\"key\":[\"id\"],\"columns\":{"
             "\"id\":{\"from\":\"_id\",\"id_of\":\"%s\"}%s}}}}",
             name, name, name, reference);
    folder_put(folder, file, text);
}

static void load(const struct folder *folder, struct project *project)
{
    struct error error;
    if (!project_load(project, folder->path, &error))
        fail_msg("%s", error.message);
}

/* ---- AuthorStack itself -------------------------------------------------------------------- */

static size_t place_of(const struct project *project, const char *entity)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        if (strcmp(project->mappings[i]->name, entity) == 0)
            return i;
    fail_msg("no entity %s", entity);
    return 0;
}

static void authorstack_is_a_project(void **state)
{
    (void)state;
    static const struct {
        const char *entity, *source;
        const char *after[3]; /* what it refers to */
    } expected[] = {
        {"accounts", "auth", {NULL}},
        {"identities", "auth", {"accounts", NULL}},
        {"users", "core", {"accounts", NULL}},
        {"user_preferences", "auth", {"accounts", NULL}},
        {"books", "core", {"users", NULL}},
        {"checklists", "core", {"books", "users", NULL}},
        {"community_posts", "core", {"users", NULL}},
        {"competitors", "core", {"users", NULL}},
        {"marketplace_boosts", "core", {"books", "users", NULL}},
        {"sales_data", "analytics", {"users", "books", NULL}},
        {"ai_insights", "analytics", {"users", "books", NULL}},
        {"daily_aggregates", "analytics", {"users", "books", NULL}},
        {"revenue_forecasts", "analytics", {"users", NULL}},
        {"sync_logs", "analytics", {"users", NULL}},
    };
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", __FILE__);
    *strrchr(folder, '/') = '\0';
    strncat(folder, "/../../../../mappings/authorstack", sizeof folder - strlen(folder) - 1);
    struct project project;
    struct error error;
    if (!project_load(&project, folder, &error))
        fail_msg("%s", error.message);
    assert_string_equal(project.name, "authorstack");
    assert_int_equal(project.identity.strategy, IDENTITY_UUID7);
    assert_int_equal(project.mapping_count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        size_t at = place_of(&project, expected[i].entity);
        const struct mapping *mapping = project.mappings[at];
        assert_string_equal(mapping->source->name, expected[i].source);
        for (size_t a = 0; a < 3 && expected[i].after[a] != NULL; a++)
            assert_true(place_of(&project, expected[i].after[a]) < at);
    }
    assert_int_equal(project.left_out_count, 1);
    assert_string_equal(project.left_outs[0].source->name, "auth");
    assert_string_equal(project.left_outs[0].from, "sessions");
    assert_int_equal(project.stays_count, 3);
    const struct source *auth = project_source(&project, "auth");
    assert_int_equal(auth->kind, SOURCE_APPWRITE);
    assert_string_equal(auth->key, "${APPWRITE_API_KEY}");
    assert_string_equal(auth->database, "main");
    project_release(&project);
    assert_null(project.memory);
}

/* ---- project.json -------------------------------------------------------------------------- */

static void what_project_json_says(void **state)
{
    const struct folder *folder = *state;
    struct project project;
    folder_put(folder, "project.json",
               "{\"project\":\"p\",\"target\":\"${T}\",\"sources\":{"
               "\"m\":{\"kind\":\"mongodb\",\"uri\":\"${M}\",\"database\":\"d\"},"
               "\"core\":{\"kind\":\"postgres\",\"uri\":\"x${P}y\",\"schema\":\"s\"}},"
               "\"identity\":{\"strategy\":\"pad-left\",\"namespace\":"
               "\"00112233-4455-6677-8899-aabbccddeeff\"},"
               "\"left_out\":{\"m.a.b\":\"why\"},\"not_kept\":{\"core\":{\"view\":\"all\","
               "\"trigger\":{\"a on b\":\"one\",\"c on d\":\"two\"}},\"m\":{\"index\":\"none\"}},"
               "\"plain\":true,\"stays\":{\"Redis\":\"a cache\"}}");
    folder_put(folder, "books.json",
               "{\"from\":\"core.books\",\"to\":{\"public.books\":{\"keep_shape\":true}}}");
    folder_put(folder, "notes.txt", "no mapping");
    folder_put(folder, ".hidden.json", "no mapping either");
    load(folder, &project);
    assert_string_equal(project.name, "p");
    assert_string_equal(project.target, "${T}");
    assert_string_equal(project.folder, folder->path);
    assert_int_equal(project.source_count, 2);
    assert_int_equal(project.sources[0].kind, SOURCE_MONGODB);
    assert_string_equal(project.sources[0].uri, "${M}");
    assert_string_equal(project.sources[0].database, "d");
    assert_null(project.sources[0].key);
    assert_null(project.sources[0].schema);
    assert_string_equal(project.sources[1].schema, "s");
    assert_int_equal(project.identity.strategy, IDENTITY_PAD_LEFT);
    assert_int_equal(project.identity.namespace[15], 0xff);
    assert_string_equal(project.left_outs[0].from, "a.b");
    assert_string_equal(project.left_outs[0].reason, "why");
    static const struct {
        const char *source, *kind, *name, *reason;
    } not_kepts[] = {
        {"core", "view", NULL, "all"},
        {"core", "trigger", "a on b", "one"},
        {"core", "trigger", "c on d", "two"},
        {"m", "index", NULL, "none"},
    };
    assert_int_equal(project.not_kept_count, COUNT(not_kepts));
    for (size_t i = 0; i < COUNT(not_kepts); i++) {
        const struct not_kept *rule = &project.not_kepts[i];
        assert_string_equal(rule->source->name, not_kepts[i].source);
        assert_string_equal(rule->kind, not_kepts[i].kind);
        assert_int_equal(rule->name == NULL, not_kepts[i].name == NULL);
        if (rule->name != NULL)
            assert_string_equal(rule->name, not_kepts[i].name);
        assert_string_equal(rule->reason, not_kepts[i].reason);
    }
    assert_true(project.plain);
    assert_string_equal(project.stays[0].what, "Redis");
    assert_string_equal(project.stays[0].why, "a cache");
    assert_int_equal(project.mapping_count, 1);
    assert_string_equal(project.mappings[0]->name, "books");
    assert_ptr_equal(project.mappings[0]->source, &project.sources[1]);
    project_release(&project);

    folder_put(folder, "project.json", PROJECT(""));
    put_mapping(folder, "books", NULL);
    load(folder, &project);
    static const uint8_t namespace[16] = {0x8a, 0x5e, 0x1b, 0x57, 0x6c, 0x0d, 0x5f, 0x43,
                                          0x9d, 0x0a, 0x2b, 0x1f, 0x3c, 0x7e, 0x4d, 0x11};
    assert_int_equal(project.identity.strategy, IDENTITY_UUID7); /* what is not said */
    assert_memory_equal(project.identity.namespace, namespace, 16);
    project_release(&project);
    for (int kind = SOURCE_MONGODB; kind <= SOURCE_APPWRITE; kind++) {
        static const char *const names[] = {"mongodb", "postgres", "appwrite"};
        assert_string_equal(source_kind_names[kind], names[kind]);
    }
}

static void what_is_wrong_in_project_json(void **state)
{
    const struct folder *folder = *state;
#define BARE "\"project\":\"p\",\"target\":\"${T}\""
    static const struct {
        const char *text, *message; /* behind the path of project.json */
    } cases[] = {
        {"{\"project\": \"p\",\n  \"target\" \"t\"}", ":2:12: this is not JSON"},
        {"[]", ": a project is an object, and this is an array"},
        {"{}", ": /project: this must be a text, and is nothing"},
        {"{\"project\":7}", ": /project: this must be a text, and is a number"},
        {"{\"project\":\"\"}", ": /project: this must be a text, and is a string that is empty"},
        {"{\"project\":\"p\"}", ": /target: this must be a text, and is nothing"},
        {"{" BARE "}", ": /sources: this must be an object of sources, and is nothing"},
        {"{" BARE ",\"sources\":{}}", ": /sources: this must be an object of sources, and is an "
                                      "object that is empty"},
        {PROJECT(",\"taget\":\"x\""),
         ": unknown key \"taget\"; did you mean \"target\"?; allowed here: $schema, project, "},
        {PROJECT(",\"target\":\"x\""), ": /target: this key stands here twice"},
        {"{" BARE ",\"sources\":{\"core\":7}}", ": /sources/core: a source is an object, and this"},
        {"{" BARE ",\"sources\":{\"a.b\":{}}}",
         ": /sources/a.b: a source has a name, and no dot in it"},
        {"{" BARE ",\"sources\":{\"\":{}}}", ": /sources/: a source has a name, and no dot in it"},
        {"{" BARE ",\"sources\":{\"core\":{\"uri\":\"x\"}}}",
         ": /sources/core/kind: this must be a text, and is nothing"},
        {"{" BARE ",\"sources\":{\"core\":{\"kind\":\"mongodb\"}}}",
         ": /sources/core/uri: this must be a text, and is nothing"},
        {"{" BARE ",\"sources\":{\"core\":{\"kind\":\"mongo\",\"uri\":\"x\"}}}",
         ": /sources/core/kind: there is no kind of source \"mongo\"; did you mean \"mongodb\"?"},
        {"{" BARE ",\"sources\":{\"core\":{\"kind\":\"oracle database\",\"uri\":\"x\"}}}",
         ": /sources/core/kind: there is no kind of source \"oracle database\"; there are mongodb"},
        {"{" BARE ",\"sources\":{\"core\":{\"kind\":\"mongodb\",\"url\":\"x\"}}}",
         ": /sources/core: unknown key \"url\"; did you mean \"uri\"?"},
        {PROJECT(",\"identity\":\"uuid7\""),
         ": /identity: this must be an object, as {\"strategy\""},
        {PROJECT(",\"identity\":{\"strategy\":\"uuid4\"}"),
         ": /identity/strategy: \"uuid4\" is none of: pad-left, pad-right, uuid5, uuid7"},
        {PROJECT(",\"identity\":{\"strategie\":\"uuid7\"}"),
         ": /identity: unknown key \"strategie\"; did you mean \"strategy\"?"},
        {PROJECT(",\"identity\":{\"namespace\":\"authorstack\"}"),
         ": /identity/namespace: \"authorstack\" is no UUID"},
        {PROJECT(",\"left_out\":[]"),
         ": /left_out: this must be an object of \"source.collection\""},
        {PROJECT(",\"left_out\":{\"sessions\":\"why\"}"),
         ": /left_out/sessions: this must name a source and a collection of it"},
        {PROJECT(",\"left_out\":{\"cor.sessions\":\"why\"}"),
         ": /left_out/cor.sessions: this must"},
        {PROJECT(",\"left_out\":{\"core.\":\"why\"}"), ": /left_out/core.: this must name"},
        {PROJECT(",\"left_out\":{\"core.a\":\"\"}"), ": /left_out/core.a: this must be a text"},
        {PROJECT(",\"not_kept\":\"views\""), ": /not_kept: this must be an object of sources, as"},
        {PROJECT(",\"not_kept\":{\"cor\":{}}"), ": /not_kept/cor: the project has no source "
                                                "\"cor\"; did you mean \"core\"?; it has: core"},
        {PROJECT(",\"not_kept\":{\"core\":\"x\"}"),
         ": /not_kept/core: this must be an object of kinds and reasons, as"},
        {PROJECT(",\"not_kept\":{\"core\":{\"view\":\"\"}}"),
         ": /not_kept/core/view: this must be the reason for all of this kind, or an object of "
         "names and reasons, and is a string that is empty"},
        {PROJECT(",\"not_kept\":{\"core\":{\"view\":{}}}"),
         ": /not_kept/core/view: this must be the reason for all of this kind"},
        {PROJECT(",\"not_kept\":{\"core\":{\"view\":{\"v\":7}}}"),
         ": /not_kept/core/view/v: this must be a text, and is a number"},
        {PROJECT(",\"plain\":1"), ": /plain: this must be true or false, and is a number"},
        {PROJECT(",\"stays\":\"Redis\""), ": /stays: this must be an object of what stays where"},
        {PROJECT(",\"stays\":{\"Redis\":true}"),
         ": /stays/Redis: this must be a text, and is true"},
    };
    put_mapping(folder, "books", NULL);
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/project.json", folder->path);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct project project;
        struct error error = {0};
        folder_put(folder, "project.json", cases[i].text);
        if (project_load(&project, folder->path, &error))
            fail_msg("%s was taken", cases[i].text);
        assert_null(project.memory); /* nothing is left to release */
        assert_int_equal(error.code, ERROR_USAGE);
        /* What is missing, too, stands behind it. */
        const char *first = error.problems > 0 ? strstr(error.message, ": ") + 2 : error.message;
        if (strncmp(first, path, strlen(path)) != 0 ||
            strncmp(first + strlen(path), cases[i].message, strlen(cases[i].message)) != 0)
            fail_msg("%s\n  gave: %s\n  not:  %s", cases[i].text, error.message, cases[i].message);
    }
}

static void what_is_wrong_between_files(void **state)
{
    const struct folder *folder = *state;
    static const struct {
        const char *project, *books, *message;
    } cases[] = {
        {PROJECT(""), "{\"from\": \"core.books\",\n \"to\": {]}",
         "/books.json:2:10: this is not JSON"},
        {PROJECT(""),
         "{\"from\":\"core.users\",\"to\":{\"public.books\":{\"key\":[\"id\"],\"columns\":{"
         "\"id\":{\"from\":\"_id\",\"id_of\":\"books\"}}}}}",
         "/users.json both map core.users"},
        {PROJECT(",\"left_out\":{\"core.users\":\"why\"}"), NULL,
         "/users.json maps core.users, which project.json leaves out"},
    };
    put_mapping(folder, "users", NULL);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct project project;
        struct error error = {0};
        folder_put(folder, "project.json", cases[i].project);
        put_mapping(folder, "books", NULL);
        if (cases[i].books != NULL)
            folder_put(folder, "books.json", cases[i].books);
        assert_false(project_load(&project, folder->path, &error));
        assert_int_equal(error.code, ERROR_USAGE);
        if (strstr(error.message, cases[i].message) == NULL)
            fail_msg("gave: %s\n  not:  %s", error.message, cases[i].message);
    }
    struct project project;
    struct error error;
    assert_int_equal(unlink(folder_path(folder, "users.json")), 0);
    assert_int_equal(unlink(folder_path(folder, "books.json")), 0);
    assert_false(project_load(&project, folder->path, &error));
    assert_non_null(strstr(error.message, " has no mapping files"));
}

/* ---- where a project is found -------------------------------------------------------------- */

static void put_project(const struct folder *folder, const char *where, const char *name)
{
    char text[512];
    struct folder inner;
    struct error error;
    assert_true(file_join(inner.path, sizeof inner.path, folder->path, where, &error));
    assert_true(file_make_folder(inner.path, &error));
    snprintf(text, sizeof text, "{\"project\":\"%s\",\"target\":\"${T}\"," SOURCES "}", name);
    folder_put(&inner, "project.json", text);
    put_mapping(&inner, "books", NULL);
}

static void projects_have_places(void **state)
{
    const struct folder *folder = *state;
    put_project(folder, "here", "a folder");
    put_project(folder, "mappings/there", "in mappings");
    put_project(folder, "mappings/here", "hidden by the folder");
    put_project(folder, "else/far", "in GRADUATE_MAPPINGS");
    setenv("GRADUATE_MAPPINGS", folder_path(folder, "else"), 1);
    static const struct {
        const char *where, *name;
    } cases[] = {
        {"here", "a folder"},
        {"mappings/here", "hidden by the folder"},
        {"there", "in mappings"},
        {"far", "in GRADUATE_MAPPINGS"},
    };
    struct project project;
    struct error error;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (!project_load(&project, cases[i].where, &error))
            fail_msg("%s", error.message);
        assert_string_equal(project.name, cases[i].name);
        project_release(&project);
    }
    unsetenv("GRADUATE_MAPPINGS");
    static const char *const nowhere[] = {"far", "", "mappings", "no/such"};
    for (size_t i = 0; i < COUNT(nowhere); i++) {
        char message[64];
        snprintf(message, sizeof message, "there is no project \"%s\"", nowhere[i]);
        assert_false(project_load(&project, nowhere[i], &error));
        assert_int_equal(error.code, ERROR_USAGE);
        assert_string_equal(error.message, message);
        assert_non_null(strstr(error.hint, "a folder with a project.json"));
    }
}

static void names_are_found_or_nearly(void **state)
{
    const struct folder *folder = *state;
    struct project project;
    struct error error;
    const struct mapping *mapping;
    const struct source *source;
    folder_put(folder, "project.json", PROJECT(""));
    put_mapping(folder, "books", NULL);
    put_mapping(folder, "users", NULL);
    load(folder, &project);
    assert_true(project_find_mapping(&project, "users", &mapping, &error));
    assert_string_equal(mapping->name, "users");
    assert_false(project_find_mapping(&project, "user", &mapping, &error));
    assert_int_equal(error.code, ERROR_USAGE);
    assert_string_equal(error.message,
                        "the project has no entity \"user\"; did you mean \"users\"?");
    assert_true(project_find_source(&project, "core", &source, &error));
    assert_false(project_find_source(&project, "something", &source, &error));
    assert_string_equal(error.message, "the project has no source \"something\"");
    assert_null(project_mapping(&project, "Users"));
    assert_null(project_source(&project, "Core"));
    project_release(&project);
}

/* ---- the environment ----------------------------------------------------------------------- */

static void env_files(void **state)
{
    const struct folder *folder = *state;
    static const char text[] = "\xef\xbb\xbf# a comment\n"
                               "\n"
                               "\r\n"
                               "   \t\n"
                               "T_PLAIN=value\n"
                               "  T_INDENTED=v\n"
                               "export T_EXPORT=v\n"
                               "T_DOUBLE=\"a b \"\n"
                               "T_SINGLE='a b '\r\n"
                               "T_BLANKS = a b  \n"
                               "T_EQUALS=a=b#c\n"
                               "T_QUOTE=\"\n"
                               "T_MIXED=\"a'\n"
                               "T_EMPTY=\n"
                               "T_COMMENT=a b  # the export of June\n"
                               "T_COMMENT_ONLY=# nothing\n"
                               "T_COMMENT_TAB=v\t#\r\n"
                               "T_HASH=postgres://u:p#q@h/d\n"
                               "T_QUOTED=\"a # b\" # not \"this\"\n"
                               "T_QUOTED_AT_ONCE='a'#b\n"
                               "T_HALF=\"a\" b # c\n"
                               "T_TWICE=first\n"
                               "T_TAKEN=from the file\n"
                               "T_TWICE='last'\n"
                               "T_TAKEN=from the file again\n"
                               "T_LAST=no line end";
    static const struct {
        const char *name, *value;
    } expected[] = {
        {"T_PLAIN", "value"},
        {"T_INDENTED", "v"},
        {"T_EXPORT", "v"},
        {"T_DOUBLE", "a b "},
        {"T_SINGLE", "a b "},
        {"T_BLANKS", "a b"},
        {"T_EQUALS", "a=b#c"},
        {"T_QUOTE", "\""},
        {"T_MIXED", "\"a'"},
        {"T_EMPTY", ""},
        {"T_COMMENT", "a b"},
        {"T_COMMENT_ONLY", ""},
        {"T_COMMENT_TAB", "v"},
        {"T_HASH", "postgres://u:p#q@h/d"},
        {"T_QUOTED", "a # b"},
        {"T_QUOTED_AT_ONCE", "a"},
        {"T_HALF", "\"a\" b"},
        {"T_TWICE", "last"},
        {"T_TAKEN", "from the environment"},
        {"T_LAST", "no line end"},
    };
    struct project project;
    folder_put(folder, "project.json", PROJECT(""));
    put_mapping(folder, "books", NULL);
    folder_put(folder, ".env", text);
    setenv("T_TAKEN", "from the environment", 1);
    load(folder, &project);
    project_release(&project);
    for (size_t i = 0; i < COUNT(expected); i++) {
        const char *value = getenv(expected[i].name);
        if (value == NULL || strcmp(value, expected[i].value) != 0)
            fail_msg("%s is %s", expected[i].name, value != NULL ? value : "not set");
        unsetenv(expected[i].name);
    }
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"A=1\nnonsense\n", ".env:2: this line is not NAME=value"},
        {"=x", ".env:1: this line is not NAME=value"},
        {" = x", ".env:1: this line is not NAME=value"},
        {"export =x", ".env:1: this line is not NAME=value"},
        {"\n\nA B=x", ".env:3: this line is not NAME=value"},
        {"MONGODB-URI=x", ".env:1: this line is not NAME=value"},
        {"7=x", ".env:1: this line is not NAME=value"},
        {"A=1\n\xef\xbb\xbfU=x", ".env:2: this line is not NAME=value"},
        {"\xef\xbb\xbf\xef\xbb\xbfU=x", ".env:1: this line is not NAME=value"},
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct error error;
        folder_put(folder, ".env", wrong[i].text);
        if (project_load(&project, folder->path, &error))
            fail_msg("%s was taken", wrong[i].text);
        assert_int_equal(error.code, ERROR_USAGE);
        assert_string_equal(error.message, wrong[i].message); /* and never what the line holds */
    }
    unsetenv("A");
}

static void variables_are_expanded(void **state)
{
    (void)state;
    static const struct {
        const char *text, *value, *message;
    } cases[] = {
        {"", "", NULL},
        {"plain $X {X} $", "plain $X {X} $", NULL},
        {"${T_ONE}", "1", NULL},
        {"a${T_ONE}b${T_NESTED}${T_ONE}", "a1b${T_ONE}1", NULL}, /* once, not again */
        {"${T_ONE", "${T_ONE", NULL},
        {"$${T_ONE}}", "$1}", NULL},
        {"x${T_NONE}", NULL, "T_NONE is not set"},
        {"${T_VOID}", NULL, "T_VOID is not set"},
        {"${}", NULL, " is not set"},
    };
    setenv("T_ONE", "1", 1);
    setenv("T_NESTED", "${T_ONE}", 1);
    setenv("T_VOID", "", 1);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buffer out;
        struct error error;
        buffer_init(&out);
        bool ok = project_expand(cases[i].text, &out, &error);
        assert_int_equal(ok, cases[i].value != NULL);
        if (ok) {
            assert_string_equal(buffer_text(&out), cases[i].value);
        } else {
            assert_int_equal(error.code, ERROR_USAGE);
            assert_string_equal(error.message, cases[i].message);
            assert_non_null(strstr(error.hint, "in .env"));
        }
        buffer_release(&out);
    }
}

/* ---- order, fingerprint, difference -------------------------------------------------------- */

static void what_is_referred_to_comes_first(void **state)
{
    (void)state;
    static const struct {
        const char *mappings[5][2]; /* name, and what it refers to */
        const char *order;
    } cases[] = {
        {{{"a", NULL}, {"b", NULL}, {"c", NULL}}, "a b c"},
        {{{"a", "b"}, {"b", "c"}, {"c", NULL}}, "c b a"},
        {{{"a", "a"}, {"b", "a"}}, "a b"}, /* to itself */
        {{{"a", "d"}, {"b", "d"}, {"c", NULL}, {"d", NULL}}, "c d a b"},
        {{{"a", "b"}, {"b", "a"}}, "a b"}, /* in a circle the name decides */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct folder inner;
        folder_make(&inner);
        folder_put(&inner, "project.json", PROJECT(""));
        for (size_t m = 0; m < 5 && cases[i].mappings[m][0] != NULL; m++)
            put_mapping(&inner, cases[i].mappings[m][0], cases[i].mappings[m][1]);
        struct project project;
        load(&inner, &project);
        char order[64] = "";
        for (size_t m = 0; m < project.mapping_count; m++) {
            size_t used = strlen(order);
            snprintf(order + used, sizeof order - used, "%s%s", m > 0 ? " " : "",
                     project.mappings[m]->name);
        }
        assert_string_equal(order, cases[i].order);
        project_release(&project);
        folder_remove(&inner);
    }
}

static void fingerprint(const struct folder *folder, char out[65])
{
    struct project project;
    struct error error;
    load(folder, &project);
    assert_true(project_fingerprint(&project, out, &error));
    project_release(&project);
}

static void the_fingerprint_is_of_the_content(void **state)
{
    const struct folder *folder = *state;
    char first[65], other[65];
    folder_put(folder, "project.json", PROJECT(""));
    put_mapping(folder, "books", NULL);
    fingerprint(folder, first);
    /* SHA-256 of {"project.json":...,"books.json":...} without white space: an interrupted run must find
     * the same again, whatever version goes on with it. */
    assert_string_equal(first, "c325f45dcd713654985697d50d59dd078ce5660e457689b8828bb54f786e3f69");

    char *text = file_text(folder_path(folder, "books.json"));
    struct buffer spaced;
    buffer_init(&spaced);
    for (const char *c = text; *c != '\0'; c++)
        buffer_printf(&spaced, strchr("{}:,", *c) != NULL ? " %c\n\t" : "%c", *c);
    folder_put(folder, "books.json", buffer_text(&spaced));
    buffer_release(&spaced);
    fingerprint(folder, other);
    assert_string_equal(other, first); /* white space is no content */

    folder_put(folder, "notes.txt", "x");
    fingerprint(folder, other);
    assert_string_equal(other, first);

    folder_put(folder, "books.json", text);
    folder_put(folder, "project.json", PROJECT(",\"stays\":{\"a\":\"b\"}"));
    fingerprint(folder, other);
    assert_string_not_equal(other, first);
    folder_put(folder, "project.json", PROJECT(""));
    *strstr(text, "_id") = 'x';
    folder_put(folder, "books.json", text);
    fingerprint(folder, other);
    assert_string_not_equal(other, first);
    put_mapping(folder, "books", NULL);
    fingerprint(folder, other);
    assert_string_equal(other, first); /* and back */
    put_mapping(folder, "users", NULL);
    fingerprint(folder, other);
    assert_string_not_equal(other, first);
    free(text);
}

static void the_first_difference_is_named(void **state)
{
    (void)state;
    static const char before[] =
        "{\"project.json\":{\"a\":1},\"books.json\":{\"to\":{\"public.books\":{\"key\":[\"id\"],"
        "\"columns\":{\"x\":{\"from\":\"x\"},\"a/b~c\":1}}}}}";
    static const struct {
        const char *from, *to; /* what to replace in it by what */
        const char *difference;
    } cases[] = {
        {"\"a\":1", "\"a\":2", "project.json: /a: was 1 and is 2"},
        {"[\"id\"]", "[\"id\",\"x\"]",
         "books.json: /to/public.books/key: was [\"id\"] and is [\"id\",\"x\"]"},
        {"{\"from\":\"x\"}", "{\"from\":\"x\",\"do\":[\"trim\"]}",
         "books.json: /to/public.books/columns/x/do: was not there and is [\"trim\"]"},
        {"\"x\":{\"from\":\"x\"},", "",
         "books.json: /to/public.books/columns/x: was {\"from\":\"x\"} and is not there"},
        {"\"a/b~c\":1", "\"a/b~c\":2",
         "books.json: /to/public.books/columns/a~1b~0c: was 1 and is 2"},
        {"\"project.json\":{\"a\":1},", "", "project.json: was {\"a\":1} and is not there"},
        {"\"project.json\":", "\"new.json\":null,\"project.json\":",
         "new.json: was not there and is null"},
        {"\"key\":[\"id\"],\"columns\"", "\"columns\"",
         "books.json: /to/public.books/key: was [\"id\"] and is not there"},
        {"nothing", "", "nothing but the order of keys"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char after[512], out[512];
        const char *at = strstr(before, cases[i].from);
        size_t head = at != NULL ? (size_t)(at - before) : strlen(before);
        snprintf(after, sizeof after, "%.*s%s%s", (int)head, before, at != NULL ? cases[i].to : "",
                 at != NULL ? at + strlen(cases[i].from) : "");
        cJSON *was = cJSON_Parse(before), *is = cJSON_Parse(after);
        assert_true(was != NULL && is != NULL);
        project_difference(was, is, out, sizeof out);
        assert_string_equal(out, cases[i].difference);
        char small[16];
        project_difference(was, is, small, sizeof small); /* cut, not overflowing */
        assert_memory_equal(small, out, 15);
        cJSON_Delete(was);
        cJSON_Delete(is);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(authorstack_is_a_project),
        cmocka_unit_test_setup_teardown(what_project_json_says, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_in_project_json, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_between_files, setup, teardown),
        cmocka_unit_test_setup_teardown(projects_have_places, setup, teardown),
        cmocka_unit_test_setup_teardown(names_are_found_or_nearly, setup, teardown),
        cmocka_unit_test_setup_teardown(env_files, setup, teardown),
        cmocka_unit_test(variables_are_expanded),
        cmocka_unit_test_setup_teardown(what_is_referred_to_comes_first, setup, teardown),
        cmocka_unit_test_setup_teardown(the_fingerprint_is_of_the_content, setup, teardown),
        cmocka_unit_test(the_first_difference_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
