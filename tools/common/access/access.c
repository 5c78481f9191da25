#include "graduate/access.h"
#include "graduate/arena.h"
#include "guard_permission.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { ROLE_ANON, ROLE_USER, ROLES };
static const char *const api_roles[ROLES] = {"anon", "authenticated"};
enum { ACTION_READ, ACTION_CREATE, ACTION_UPDATE, ACTION_DELETE, ACTIONS };
static const struct {
    const char *word, *command;
} actions[ACTIONS] = {
    {"read", "select"}, {"create", "insert"}, {"update", "update"}, {"delete", "delete"}};

struct settling {
    const struct project *project;
    const struct access *access;
    const struct mapping *mapping;
    const struct catalog_entity *entity;
    struct arena *arena;
    struct error *error;
};

/* ---- SQL ------------------------------------------------------------------------------------- */

static void put_quoted(struct buffer *out, const char *text, size_t length, char quote)
{
    buffer_putc(out, quote);
    for (size_t i = 0; i < length; i++) {
        if (text[i] == quote)
            buffer_putc(out, quote);
        buffer_putc(out, text[i]);
    }
    buffer_putc(out, quote);
}

static void put_name(struct buffer *out, const char *name)
{
    put_quoted(out, name, strlen(name), '"');
}

static void put_asker(const struct settling *s, const char *action, struct buffer *out)
{
    put_name(out, s->access->schema);
    buffer_putc(out, '.');
    put_name(out, s->access->function);
    buffer_printf(out, "('%s')", action);
}

/* ---- the collection's permissions ------------------------------------------------------------ */

/* Could the role of the API be whom the permission names, and must it be? */
static bool is_for(const struct permission *permission, int role)
{
    return permission_is(permission, "any") ||
           permission_is(permission, "guests") == (role == ROLE_ANON);
}

static bool is_for_all(const struct permission *permission, int role)
{
    return permission_is(permission, "any") ||
           permission_is(permission, role == ROLE_ANON ? "guests" : "users");
}

/* array['read("users")'] of those of the action that the role could be; false: there are none.
 * *all: whoever has the role is one; *few: only people who are named, or by team or label. */
static bool put_constants(const struct settling *s, int action, int role, bool *all, bool *few,
                          struct buffer *out)
{
    bool some = false;
    *all = false;
    *few = true;
    for (size_t i = 0; i < s->entity->permissions.count; i++) {
        struct permission permission;
        struct buffer text;
        if (!permission_read(s->entity->permissions.items[i], &permission) ||
            !permission_allows(&permission, actions[action].word) || !is_for(&permission, role))
            continue;
        *all = *all || is_for_all(&permission, role);
        *few = *few && !permission_is(&permission, "users/verified") &&
               !permission_is(&permission, "users/unverified");
        buffer_init(&text);
        permission_put(&permission, actions[action].word, &s->project->identity, s->access, &text);
        buffer_puts(out, some ? ", " : "array[");
        put_quoted(out, buffer_text(&text), text.length, '\'');
        out->failed = out->failed || text.failed;
        buffer_release(&text);
        some = true;
    }
    buffer_puts(out, some ? "]::text[]" : "");
    return some;
}

/* ---- conditions ------------------------------------------------------------------------------ */

/* The column that holds what the documents say; or NULL. */
static const struct mapping_column *column_of(const struct mapping_table *table)
{
    for (size_t c = 0; c < table->column_count; c++)
        if (table->columns[c].value.access != NULL)
            return &table->columns[c];
    return NULL;
}

/* The column has one of those that the asker has. */
static void put_by_column(const struct settling *s, const char *column, int action,
                          struct buffer *out)
{
    buffer_printf(out, "%s && (select ", column);
    put_asker(s, actions[action].word, out);
    buffer_putc(out, ')');
}

/* Of a table of the documents; `prefix` stands before its columns. False: the role may not.
 *
 * Where the collection lets some have all, an OR would have every row looked at for all others. So
 * their part is an index's question, too: which rows have at least none, {}, which all have; and
 * for others NULL, which none has. It costs those more who have all; so only where they are few. */
static bool put_own(const struct settling *s, const struct mapping_table *table, int action,
                    int role, const char *prefix, struct buffer *out)
{
    struct buffer constants, column;
    bool all, few;
    buffer_init(&constants);
    buffer_init(&column);
    bool some = put_constants(s, action, role, &all, &few, &constants);
    bool by_column = catalog_has_own_permissions(s->entity) && action != ACTION_CREATE && !all;
    if (by_column) {
        buffer_puts(&column, prefix);
        put_name(&column, column_of(table)->name);
        put_by_column(s, buffer_text(&column), action, out);
        buffer_puts(out, some ? " or " : "");
    }
    bool by_index = by_column && few && column_of(table)->not_null;
    if (some && by_index)
        buffer_printf(out, "%s @> (select case when %s && ", buffer_text(&column),
                      buffer_text(&constants));
    else if (some)
        buffer_printf(out, "(select %s && ", buffer_text(&constants));
    if (some) {
        put_asker(s, actions[action].word, out);
        buffer_puts(out, by_index ? " then '{}'::text[] end)" : ")");
    }
    out->failed = out->failed || constants.failed || column.failed;
    buffer_release(&constants);
    buffer_release(&column);
    return some || by_column;
}

/* The column below that holds a key column of the row above; NULL: none does. */
static const struct mapping_column *link_of(const struct mapping_table *table, const char *key)
{
    for (size_t c = 0; c < table->column_count; c++)
        if (table->columns[c].value.kind == VALUE_PARENT &&
            strcmp(table->columns[c].value.from, key) == 0)
            return &table->columns[c];
    return NULL;
}

/* The table above, whose whole key it holds; NULL: there is none that can be asked. */
static const struct mapping_table *above_of(const struct mapping_table *table)
{
    const struct mapping_table *above = NULL;
    for (size_t c = 0; c < table->column_count && above == NULL; c++)
        above = table->columns[c].value.above;
    for (size_t k = 0; above != NULL && k < above->key.count; k++)
        if (link_of(table, above->key.items[k]) == NULL)
            return NULL;
    return above;
}

/* As a condition calls a row: that of the table itself has no other name. */
struct called {
    char name[32];
    unsigned depth;
};

/* Of any table: whoever sees the row above sees this one; whoever may update it may change this. */
static bool put_condition(const struct settling *s, const struct mapping_table *table, int action,
                          int role, const struct called *row, struct buffer *out)
{
    struct called higher = {.depth = row->depth + 1};
    char prefix[40] = "";
    if (row->depth > 0)
        snprintf(prefix, sizeof prefix, "%s.", row->name);
    if (table->each == NULL)
        return put_own(s, table, action, role, prefix, out);
    const struct mapping_table *above = above_of(table);
    struct buffer inner;
    if (above == NULL)
        return false;
    snprintf(higher.name, sizeof higher.name, "above%u", higher.depth);
    if (strcmp(table->name, higher.name) == 0) /* which would hide the table itself */
        snprintf(higher.name, sizeof higher.name, "row_above%u", higher.depth);
    buffer_init(&inner);
    bool may = put_condition(s, above, action == ACTION_READ ? ACTION_READ : ACTION_UPDATE, role,
                             &higher, &inner);
    if (may) {
        buffer_puts(out, "exists (select from ");
        put_name(out, above->schema);
        buffer_putc(out, '.');
        put_name(out, above->name);
        buffer_printf(out, " as %s where ", higher.name);
        for (size_t k = 0; k < above->key.count; k++) {
            buffer_printf(out, "%s%s.", k > 0 ? " and " : "", higher.name);
            put_name(out, above->key.items[k]);
            buffer_puts(out, " = ");
            if (row->depth > 0)
                buffer_puts(out, prefix);
            else
                put_name(out, table->name);
            buffer_puts(out, row->depth > 0 ? "" : ".");
            put_name(out, link_of(table, above->key.items[k])->name);
        }
        buffer_printf(out, " and (%s))", buffer_text(&inner));
    }
    out->failed = out->failed || inner.failed;
    buffer_release(&inner);
    return may;
}

/* Who makes a document may give rights to nobody but whom he is himself. */
static void put_modesty(const struct settling *s, const struct mapping_table *table,
                        struct buffer *out)
{
    const struct mapping_column *column = column_of(table);
    if (column == NULL || !catalog_has_own_permissions(s->entity))
        return;
    buffer_puts(out, " and ");
    put_name(out, column->name);
    buffer_puts(out, " <@ (select ");
    put_asker(s, "read", out);
    buffer_puts(out, " || ");
    put_asker(s, "update", out);
    buffer_puts(out, " || ");
    put_asker(s, "delete", out);
    buffer_putc(out, ')');
}

/* ---- policies and grants --------------------------------------------------------------------- */

static bool add_policy(const struct settling *s, struct mapping_table *table, int action,
                       const char *condition, const char *const *roles, size_t count)
{
    struct mapping_policy *policy = &table->policies[table->policy_count++];
    const char **words = arena_alloc(s->arena, count, sizeof *words);
    const char *text = arena_text(s->arena, condition);
    *policy = (struct mapping_policy){
        .name = arena_printf(s->arena, "%s as in Appwrite%s", actions[action].word,
                             count == ROLES          ? ""
                             : roles == &api_roles[0] ? " (guests)"
                                                      : " (users)"),
        .command = actions[action].command,
    };
    if (words == NULL || policy->name == NULL || text == NULL)
        return error_memory(s->error);
    memcpy(words, roles, count * sizeof *words);
    policy->roles = (struct words){words, count};
    *(action == ACTION_CREATE ? &policy->with_check : &policy->using) = text;
    return true;
}

static bool add_policies(const struct settling *s, struct mapping_table *table, int action,
                         bool may[ROLES])
{
    static const struct called itself = {.depth = 0};
    struct buffer conditions[ROLES];
    bool ok = true;
    for (int role = 0; role < ROLES; role++) {
        buffer_init(&conditions[role]);
        may[role] = put_condition(s, table, action, role, &itself, &conditions[role]);
        if (may[role] && action == ACTION_CREATE && table->each == NULL)
            put_modesty(s, table, &conditions[role]);
        ok = ok && buffer_ok(&conditions[role], s->error);
    }
    bool same = may[0] && may[1] &&
                strcmp(buffer_text(&conditions[0]), buffer_text(&conditions[1])) == 0;
    if (ok && same)
        ok = add_policy(s, table, action, buffer_text(&conditions[0]), api_roles, ROLES);
    for (int role = 0; ok && !same && role < ROLES; role++)
        ok = !may[role] ||
             add_policy(s, table, action, buffer_text(&conditions[role]), &api_roles[role], 1);
    for (int role = 0; role < ROLES; role++)
        buffer_release(&conditions[role]);
    return ok;
}

static bool is_api_role(const char *name)
{
    return strcmp(name, api_roles[ROLE_ANON]) == 0 || strcmp(name, api_roles[ROLE_USER]) == 0;
}

/* What the project says of other roles stays; without a word the service has all. */
static bool add_grants(const struct settling *s, struct mapping_table *table,
                       bool may[ACTIONS][ROLES])
{
    static const char *const service = "service_role";
    static const char *const all[] = {"all"};
    const struct every *every = &s->project->every;
    bool served = false;
    struct mapping_grant *grants =
        arena_alloc(s->arena, every->grant_count + ROLES + 1, sizeof *grants);
    if (grants == NULL)
        return error_memory(s->error);
    table->grants = grants;
    table->grant_count = 0;
    for (int role = 0; role < ROLES; role++) {
        struct mapping_grant *grant = &grants[table->grant_count++];
        const char **words = arena_alloc(s->arena, ACTIONS, sizeof *words);
        if (words == NULL)
            return error_memory(s->error);
        *grant = (struct mapping_grant){.role = api_roles[role], .privileges = {words, 0}};
        for (int action = 0; action < ACTIONS; action++)
            if (may[action][role])
                words[grant->privileges.count++] = actions[action].command;
    }
    for (size_t i = 0; i < every->grant_count; i++) {
        served = served || strcmp(every->grants[i].role, service) == 0;
        if (!is_api_role(every->grants[i].role))
            grants[table->grant_count++] = every->grants[i];
    }
    if (!served) {
        const char **words = arena_alloc(s->arena, 1, sizeof *words);
        if (words == NULL)
            return error_memory(s->error);
        words[0] = all[0];
        grants[table->grant_count++] = (struct mapping_grant){service, {words, 1}};
    }
    return true;
}

/* ---- indexes --------------------------------------------------------------------------------- */

static bool has_index(const struct mapping_table *table, const char *column, const char *method)
{
    for (size_t i = 0; i < table->index_count; i++) {
        const struct mapping_index *index = &table->indexes[i];
        if (strcmp(index->method, method) == 0 && index->where == NULL &&
            strcmp(index->columns.items[0], column) == 0)
            return true;
    }
    return table->key.count > 0 && strcmp(method, "btree") == 0 &&
           strcmp(table->key.items[0], column) == 0;
}

static bool add_index(const struct settling *s, struct mapping_table *table, const char *column,
                      const char *method)
{
    if (has_index(table, column, method))
        return true;
    struct mapping_index *grown =
        arena_alloc(s->arena, table->index_count + 1, sizeof *grown);
    const char **words = arena_alloc(s->arena, 1, sizeof *words);
    if (grown == NULL || words == NULL)
        return error_memory(s->error);
    if (table->index_count > 0)
        memcpy(grown, table->indexes, table->index_count * sizeof *grown);
    words[0] = column;
    grown[table->index_count++] = (struct mapping_index){.columns = {words, 1}, .method = method};
    table->indexes = grown;
    return true;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static bool is_first_form(const struct mapping *mapping, const struct mapping_table *table)
{
    for (const struct mapping_table *t = mapping->tables; t < table; t++)
        if (strcmp(t->label, table->label) == 0)
            return false;
    return true;
}

/* Does the mapping say itself who may what? */
static bool says_itself(const struct project *project, const struct mapping_table *table)
{
    return table->policy_count > 0 ||
           (table->grant_count > 0 && table->grants != project->every.grants);
}

/* The first of the project that fills it: the one whose policies the table has. */
static const struct mapping_table *first_form_of(const struct project *project,
                                                 const struct mapping_table *table)
{
    for (size_t m = 0; m < project->mapping_count; m++)
        for (size_t t = 0; t < project->mappings[m]->table_count; t++)
            if (strcmp(project->mappings[m]->tables[t].label, table->label) == 0)
                return &project->mappings[m]->tables[t];
    return table;
}

static bool same_text(const char *one, const char *other)
{
    return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

static bool same_policies(const struct mapping_table *one, const struct mapping_table *other)
{
    bool same = one->guarded && one->policy_count == other->policy_count;
    for (size_t i = 0; same && i < one->policy_count; i++) {
        const struct mapping_policy *a = &one->policies[i], *b = &other->policies[i];
        same = same_text(a->name, b->name) && same_text(a->using, b->using) &&
               same_text(a->with_check, b->with_check);
    }
    return same;
}

/* Nothing in a row says of which collection it is. */
static bool check_fellows(const struct settling *s, const struct mapping_table *first,
                          const struct mapping_table *table)
{
    if (first == table || same_policies(first, table))
        return true;
    error_set(s->error, ERROR_USAGE,
              "%s: /to/%s: another mapping fills this table, too, and its collection lets others "
              "in than %s.%s does",
              s->mapping->file, table->label, s->access->source->name, s->mapping->from);
    return error_hint(s->error, "give each collection a table of its own; or say \"policies\" "
                                "where the table is named first");
}

static bool settle_table(const struct settling *s, struct mapping_table *table)
{
    bool may[ACTIONS][ROLES] = {{false}};
    const struct mapping_column *column = column_of(table);
    const struct mapping_table *first = first_form_of(s->project, table);
    if (table->exists || !is_first_form(s->mapping, table) ||
        (!first->guarded && says_itself(s->project, first)))
        return true;
    bool own = catalog_has_own_permissions(s->entity) && table->each == NULL && !catalog_is_off(s->entity);
    if (own && column == NULL) {
        error_set(s->error, ERROR_USAGE,
                  "%s: /to/%s: the documents of %s.%s have permissions of their own, and no column "
                  "holds them",
                  s->mapping->file, table->label, s->access->source->name, s->mapping->from);
        return error_hint(s->error, "add one: \"permissions\": {\"from\": \"$permissions\", "
                                    "\"type\": \"text[]\", \"null\": false}; or say \"policies\" "
                                    "of the table itself");
    }
    table->policies = arena_alloc(s->arena, (size_t)ACTIONS * ROLES, sizeof *table->policies);
    if (table->policies == NULL)
        return error_memory(s->error);
    bool ok = true;
    for (int action = 0; ok && !catalog_is_off(s->entity) && action < ACTIONS; action++)
        ok = add_policies(s, table, action, may[action]);
    table->guarded = true;
    return ok && check_fellows(s, first, table) && add_grants(s, table, may) &&
           (!own || add_index(s, table, column->name, "gin"));
}

static const struct catalog *catalog_of(const struct access *access, const struct catalog *catalogs,
                                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(catalogs[i].source, access->source->name) == 0)
            return &catalogs[i];
    return NULL;
}

static bool settle_mapping(struct settling *s)
{
    struct mapping_table *tables = s->mapping->tables;
    if (s->entity->guard == NULL) {
        error_set(s->error, ERROR_USAGE, "nothing says who may what of %s.%s",
                  s->access->source->name, s->mapping->from);
        return error_hint(s->error,
                          "put the collections' description beside the export: schema.json, or the "
                          "appwrite.config.json of Appwrite's command line; or take \"access\" out "
                          "of project.json");
    }
    bool ok = true;
    for (size_t t = 0; ok && t < s->mapping->table_count; t++)
        ok = settle_table(s, &tables[t]);
    return ok;
}

bool access_settle(const struct project *project, const struct catalog *catalogs, size_t count,
                   struct error *error)
{
    bool ok = true;
    for (size_t i = 0; ok && i < project->access_count; i++) {
        struct access *access = &project->accesses[i];
        const struct catalog *catalog = catalog_of(access, catalogs, count);
        struct settling s = {.project = project,
                             .access = access,
                             .arena = project->memory,
                             .error = error};
        if (access->settled || access->users == NULL)
            continue;
        if (catalog == NULL)
            return error_set(error, ERROR_BUG, "the catalog of %s is not there",
                             access->source->name);
        for (size_t m = 0; ok && m < project->mapping_count; m++) {
            s.mapping = project->mappings[m];
            s.entity = catalog_find(catalog, s.mapping->from);
            ok = s.mapping->access != access || s.entity == NULL || settle_mapping(&s);
        }
        if (ok && access->roster != NULL && !access->roster->exists)
            ok = add_index(&s, access->roster, access->user->name, "btree");
        access->settled = ok;
    }
    return ok;
}

/* ---- what cannot be said --------------------------------------------------------------------- */

static void put_line(const struct settling *s, const char *what, struct buffer *out)
{
    buffer_printf(out, "  %s.%s: %s\n", s->access->source->name, s->mapping->from, what);
}

/* Does the collection let everybody read whom it lets do this? */
static bool reads_what_it_may(const struct settling *s, int action)
{
    for (size_t i = 0; i < s->entity->permissions.count; i++) {
        struct permission one, other;
        bool read = !permission_read(s->entity->permissions.items[i], &one) ||
                    !permission_allows(&one, actions[action].word);
        for (size_t k = 0; !read && k < s->entity->permissions.count; k++)
            read = permission_read(s->entity->permissions.items[k], &other) &&
                   permission_allows(&other, "read") &&
                   (permission_is(&other, "any") || permission_same_role(&one, &other) ||
                    (permission_is(&other, "users") && is_for(&one, ROLE_USER) &&
                     !permission_is(&one, "any")));
        if (!read)
            return false;
    }
    return true;
}

static void put_unsaid(const struct settling *s, struct buffer *out)
{
    bool teams = false;
    for (size_t i = 0; i < s->entity->permissions.count; i++) {
        struct permission permission;
        const char *text = s->entity->permissions.items[i];
        if (!permission_read(text, &permission)) {
            buffer_printf(out, "  %s.%s: \"%s\" is no permission, and lets nobody in\n",
                          s->access->source->name, s->mapping->from, text);
            continue;
        }
        teams = teams || permission.whose == PERMISSION_TEAM ||
                permission.whose == PERMISSION_MEMBER;
    }
    if (teams && s->access->memberships == NULL)
        put_line(s, "teams may what it permits, and \"access\" names no memberships: nobody is of "
                    "a team", out);
    if (!reads_what_it_may(s, ACTION_UPDATE) || !reads_what_it_may(s, ACTION_DELETE))
        put_line(s, "it lets some update or delete what it does not let them read; in PostgreSQL "
                    "only those do that may read it, too", out);
    if (catalog_has_own_permissions(s->entity) && !catalog_is_off(s->entity))
        put_line(s, "who may update a row may give rights on it to others, too, where Appwrite "
                    "let him only give his own", out);
    for (size_t t = 0; t < s->mapping->table_count; t++) {
        const struct mapping_table *table = &s->mapping->tables[t];
        if (table->guarded && table->each != NULL && above_of(table) == NULL)
            buffer_printf(out,
                          "  %s: it does not hold the key of the row above, so that nobody but "
                          "the service reads it\n",
                          table->label);
        if (!table->guarded && !table->exists && is_first_form(s->mapping, table))
            buffer_printf(out, "  %s: who may what is the mapping's own word\n", table->label);
    }
}

void access_put_unsaid(const struct project *project, const struct catalog *catalogs, size_t count,
                       struct buffer *out)
{
    for (size_t i = 0; i < project->access_count; i++) {
        const struct access *access = &project->accesses[i];
        const struct catalog *catalog = catalog_of(access, catalogs, count);
        for (size_t m = 0; catalog != NULL && m < project->mapping_count; m++) {
            const struct mapping *mapping = project->mappings[m];
            struct settling s = {.project = project,
                                 .access = access,
                                 .mapping = mapping,
                                 .entity = catalog_find(catalog, mapping->from)};
            if (mapping->access == access && s.entity != NULL)
                put_unsaid(&s, out);
        }
    }
}
