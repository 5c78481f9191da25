#include "task.h"
#include "figures.h"
#include "member.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Sign-ins for which nothing has to be set up. */
static bool is_built_in(const char *provider)
{
    return strcmp(provider, "email") == 0 || strcmp(provider, "phone") == 0;
}

static int64_t passwords_to_reset(const struct task_grounds *grounds)
{
    int64_t count = 0;
    const cJSON *loss;
    cJSON_ArrayForEach(loss, grounds->losses)
    {
        if (strcmp(member_text(loss, "rule"), "password_reset") == 0)
            count += member_count(loss, "values");
    }
    return count;
}

static bool not_verified(const struct task_grounds *grounds)
{
    return !grounds->verified;
}

static bool has_resets(const struct task_grounds *grounds)
{
    return passwords_to_reset(grounds) > 0;
}

static bool has_outside_ascii(const struct task_grounds *grounds)
{
    return member_count(grounds->facts, "outside_ascii") > 0;
}

static bool has_providers(const struct task_grounds *grounds)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, member(grounds->facts, "providers"))
    {
        if (!is_built_in(member_text(item, "provider")))
            return true;
    }
    return false;
}

static bool has_users(const struct task_grounds *grounds)
{
    const struct project *project = grounds->project;
    for (size_t i = 0; i < project->mapping_count; i++)
        for (size_t j = 0; j < project->mappings[i]->table_count; j++)
            if (strcmp(project->mappings[i]->tables[j].label, "auth.users") == 0)
                return true;
    return false;
}

static bool loses_text_ids(const struct task_grounds *grounds)
{
    const struct project *project = grounds->project;
    for (size_t i = 0; i < project->mapping_count; i++)
        if (project->mappings[i]->loses_texts)
            return true;
    return false;
}

static bool always(const struct task_grounds *grounds)
{
    (void)grounds;
    return true;
}

static bool add_item(cJSON *items, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool add_item(cJSON *items, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return cJSON_AddItemToArray(items, cJSON_CreateString(text));
}

static bool add_text_ids(const struct task_grounds *grounds, cJSON *items)
{
    bool ok = true;
    const struct project *project = grounds->project;
    for (size_t i = 0; i < project->mapping_count; i++)
        if (project->mappings[i]->loses_texts)
            ok = ok && add_item(items, "ids of %s", project->mappings[i]->name);
    return ok;
}

static bool add_resets(const struct task_grounds *grounds, cJSON *items)
{
    char figure[FIGURE_SIZE];
    return add_item(
        items, "%s users; this lists them:", figure_count(passwords_to_reset(grounds), figure));
}

static bool add_outside_ascii(const struct task_grounds *grounds, cJSON *items)
{
    char figure[FIGURE_SIZE];
    int64_t users = member_count(grounds->facts, "outside_ascii");
    return add_item(items, "%s %s; this lists them:", figure_count(users, figure),
                    users == 1 ? "user" : "users");
}

static bool add_providers(const struct task_grounds *grounds, cJSON *items)
{
    bool ok = true;
    const cJSON *item;
    cJSON_ArrayForEach(item, member(grounds->facts, "providers"))
    {
        const char *provider = member_text(item, "provider");
        char figure[FIGURE_SIZE];
        if (!is_built_in(provider))
            ok = ok && add_item(items, "%s: %s users", provider,
                                figure_count(member_count(item, "users"), figure));
    }
    return ok;
}

static bool add_sources(const struct task_grounds *grounds, cJSON *items,
                        const char *const *formats)
{
    bool ok = true;
    const struct project *project = grounds->project;
    for (size_t i = 0; ok && i < project->source_count; i++)
        ok = add_item(items, "%s: %s", project->sources[i].name, formats[project->sources[i].kind]);
    return ok;
}

static bool add_keys(const struct task_grounds *grounds, cJSON *items)
{
    static const char *const keys[] = {
        [SOURCE_MONGODB] = "delete MongoDB's database user, and the addresses it may come from",
        [SOURCE_POSTGRES] = "change the PostgreSQL password, close the firewall's rule",
        [SOURCE_APPWRITE] = "delete the Appwrite API key",
    };
    return add_sources(grounds, items, keys) &&
           add_item(items, "target: reset the database password") &&
           add_item(items, "here: delete the .env file that held them all");
}

static bool add_ends(const struct task_grounds *grounds, cJSON *items)
{
    static const char *const ends[] = {
        [SOURCE_MONGODB] = "pause the MongoDB cluster, later delete it",
        [SOURCE_POSTGRES] = "stop the PostgreSQL server, later delete it",
        [SOURCE_APPWRITE] = "delete the Appwrite project",
    };
    return add_sources(grounds, items, ends);
}

/* By the identifier that the account kept in its metadata; see MIGRATION.md. */
static const char resets_sql[] =
    "select u.email, u.phone, l.before\n"
    "  from graduate.losses l\n"
    "  join auth.users u on u.raw_app_meta_data ->> 'appwrite_id' = l.key\n"
    " where l.rule = 'password_reset';";

static const char outside_ascii_sql[] =
    "select id, email from auth.users where email ~ '[^\\x01-\\x7f]';";

static const struct task {
    const char *name, *title, *text;
    bool (*applies)(const struct task_grounds *grounds);
    bool (*add_items)(const struct task_grounds *grounds, cJSON *items); /* or NULL */
    const char *sql;                                                     /* or "" */
} table[] = {
    {"verify", "Verify",
     "Let graduate verify check every level, and switch nothing over until all of them hold.",
     not_verified, NULL, ""},
    {"sign_in", "Set up sign-in with other providers",
     "Enter each provider's client id and secret in Supabase (Authentication, Sign In / "
     "Providers), "
     "and Supabase's callback URL, https://PROJECT.supabase.co/auth/v1/callback, at the provider.",
     has_providers, add_providers, ""},
    {"addresses", "Set the addresses of sign-in, and a mail server",
     "In Supabase (Authentication, URL Configuration) enter the application's address and every "
     "address that a sign-in may return to. Set up a mail server of your own: the built-in one "
     "sends a few mails an hour, and not to users.",
     has_users, NULL, ""},
    {"password_resets", "Send password resets",
     "Supabase Auth cannot read the hash that these users came with. They cannot sign in by "
     "password until they have set a new one.",
     has_resets, add_resets, resets_sql},
    {"outside_ascii", "Ask users for another address",
     "Supabase Auth sends nothing to an address outside ASCII: these users sign in by password, "
     "and "
     "get neither recovery mails nor one-time codes.",
     has_outside_ascii, add_outside_ascii, outside_ascii_sql},
    {"text_ids", "Look at ids that were text",
     "Ids that are text become UUIDs from which nobody gets back. Where somebody still needs them, "
     "keep "
     "them in a text column and begin a new run:",
     loses_text_ids, add_text_ids, ""},
    {"users", "Tell your users", "Sessions do not move: everybody signs in once more.", has_users,
     NULL, ""},
    {"application", "Connect the application",
     "Give it the target's connection string, URL and keys. What other systems keep of the old "
     "identifiers (caches, queues, links) meets UUIDs now.",
     always, NULL, ""},
    {"names", "Move the names (DNS)",
     "Point each host name of yours that leads to an old provider to the new one. Lower its time "
     "to live the day before.",
     always, NULL, ""},
    {"keys", "Revoke the keys",
     "Once the application runs on the target, nobody needs the keys that the migration used.",
     always, add_keys, ""},
    {"old", "Switch the old ones off",
     "First leave them where nobody writes, for as long as you want to be able to look back; "
     "then, before the free tier ends:",
     always, add_ends, ""},
    {"folder", "Keep the run folder",
     "Its checkpoints are the last backup of the sources. They hold personal data and password "
     "hashes: store them encrypted, and delete them when you may not keep them any longer.",
     always, NULL, ""},
    {"ledger", "Drop the ledger, or keep it",
     "The schema graduate in the target says what was moved and what changed. It can go when "
     "the resets are sent and nobody asks any more.",
     always, NULL, "drop schema graduate cascade;"},
};

static bool add_task(cJSON *tasks, const struct task *task, const struct task_grounds *grounds)
{
    cJSON *json = cJSON_CreateObject();
    bool ok = cJSON_AddItemToArray(tasks, json) &&
              cJSON_AddStringToObject(json, "task", task->name) != NULL &&
              cJSON_AddStringToObject(json, "title", task->title) != NULL &&
              cJSON_AddStringToObject(json, "text", task->text) != NULL;
    cJSON *items = cJSON_AddArrayToObject(json, "items");
    return ok && items != NULL && (task->add_items == NULL || task->add_items(grounds, items)) &&
           cJSON_AddStringToObject(json, "sql", task->sql) != NULL;
}

bool task_list(const struct task_grounds *grounds, cJSON **tasks, struct error *error)
{
    *tasks = cJSON_CreateArray();
    bool ok = *tasks != NULL;
    for (size_t i = 0; ok && i < sizeof table / sizeof table[0]; i++)
        ok = !table[i].applies(grounds) || add_task(*tasks, &table[i], grounds);
    return ok ? true : error_memory(error);
}
