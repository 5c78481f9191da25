#include "seal.h"
#include "leftover.h"
#include "manifest.h"
#include "member.h"
#include "verifier.h"

#include "graduate/crash.h"
#include "graduate/file.h"
#include "graduate/json.h"
#include "graduate/project.h"

#include <stdio.h>
#include <string.h>

enum { VERSION = 1, LARGEST_SEAL = 64 << 20 };

/* What stands before the digest, and between it and what it is of. */
static const char before_digest[] = "{\n\t\"sha256\":\t\"", after_digest[] = "\",";

static const struct {
    const char *word;    /* in the seal */
    const char *meaning; /* behind "the run in migration" */
} outcomes[] = {
    [VERIFIER_HOLDS] = {"holds", "holds"},
    [VERIFIER_PARTLY] = {"partly", "is verified only in part"},
    [VERIFIER_UNCHECKED] = {"unchecked", "could not be verified wholly: something is unchecked"},
    [VERIFIER_DIFFERS] = {"differs", "differs from what its sources and its mapping say"},
};

/* ---- making ---------------------------------------------------------------------------------- */

struct sealing {
    const struct folder *folder;
    const struct seal_options *options;
    struct project project; /* the one that the folder keeps */
    cJSON *seal;
};

/* The mapping that the folder keeps must be the one that the ledger names. */
static bool add_mapping(const struct sealing *sealing, struct error *error)
{
    const struct project *project = &sealing->project;
    char path[PATH_MAX], fingerprint[DIGEST_SIZE];
    cJSON *facts = NULL;
    if (!file_join(path, sizeof path, sealing->folder->path, "facts.json", error) ||
        !json_read_file(path, &facts, error))
        return false;
    bool ok = project_fingerprint(project, fingerprint, error);
    if (ok && strcmp(fingerprint, member_text(facts, "fingerprint")) != 0) {
        ok = error_set(error, ERROR_DATA, "the mapping in %s is not the one of the run",
                       project->folder);
        error_hint(error, "somebody changed it there; restore it, or do not seal this run");
    }
    if (ok &&
        (cJSON_AddStringToObject(sealing->seal, "fingerprint", fingerprint) == NULL ||
         !cJSON_AddItemToObject(sealing->seal, "mapping", cJSON_Duplicate(project->files, true))))
        ok = error_memory(error);
    cJSON_Delete(facts);
    return ok;
}

/* "unverified" also when the verification went by another mapping. */
static bool get_verdict(const struct sealing *sealing, cJSON **verdict, const char **word,
                        struct error *error)
{
    if (!verifier_read(sealing->folder, verdict, error))
        return false;
    if (*verdict != NULL && strcmp(member_text(*verdict, "fingerprint"),
                                   member_text(sealing->seal, "fingerprint")) != 0) {
        cJSON_Delete(*verdict);
        *verdict = NULL;
    }
    *word = *verdict != NULL ? outcomes[verifier_outcome(*verdict)].word : "unverified";
    return true;
}

static bool check_verdict(const struct sealing *sealing, const cJSON *verdict, struct error *error)
{
    const char *folder = sealing->folder->path;
    if (sealing->options->whatever_the_verdict ||
        (verdict != NULL && verifier_outcome(verdict) == VERIFIER_HOLDS))
        return true;
    error_set(error, ERROR_REFUSED, "the run in %s %s", folder,
              verdict != NULL ? outcomes[verifier_outcome(verdict)].meaning
                              : "is not verified by its mapping");
    return error_hint(error,
                      "graduate verify --run-dir %s does so at all levels; or seal it with "
                      "--whatever-the-verdict, and the seal says what it is",
                      folder);
}

static bool add_verdict(const struct sealing *sealing, struct error *error)
{
    const cJSON *level;
    const char *word;
    cJSON *verdict = NULL;
    if (!get_verdict(sealing, &verdict, &word, error))
        return false;
    bool ok = check_verdict(sealing, verdict, error);
    if (ok && cJSON_AddStringToObject(sealing->seal, "verdict", word) == NULL)
        ok = error_memory(error);
    cJSON *levels = ok && verdict != NULL ? cJSON_AddObjectToObject(sealing->seal, "levels") : NULL;
    cJSON_ArrayForEach(level, member(verdict, "levels"))
    {
        if (ok && cJSON_AddStringToObject(levels, member_text(level, "level"),
                                          member_text(level, "verdict")) == NULL)
            ok = error_memory(error);
    }
    cJSON_Delete(verdict);
    return ok;
}

static bool has_checkpoint(const struct folder *folder, const struct mapping *entity)
{
    char name[NAME_MAX], path[PATH_MAX];
    struct error unused;
    snprintf(name, sizeof name, "checkpoints/%s.gck", entity->name);
    return file_join(path, sizeof path, folder->path, name, &unused) && file_exists(path);
}

/* The entities whose records are not in the folder. */
static bool add_lack(const struct sealing *sealing, struct error *error)
{
    const struct project *project = &sealing->project;
    const char *folder = sealing->folder->path;
    cJSON *lack = cJSON_AddArrayToObject(sealing->seal, "without_checkpoints");
    bool ok = lack != NULL;
    for (size_t i = 0; ok && i < project->mapping_count; i++)
        if (!has_checkpoint(sealing->folder, project->mappings[i]))
            ok = cJSON_AddItemToArray(lack, cJSON_CreateString(project->mappings[i]->name));
    if (!ok)
        return error_memory(error);
    if (sealing->options->without_checkpoints || cJSON_GetArraySize(lack) == 0)
        return true;
    struct buffer text;
    buffer_init(&text);
    seal_put_lack(sealing->seal, &text);
    error_set(error, ERROR_REFUSED, "the run in %s would be sealed%s", folder, buffer_text(&text));
    buffer_release(&text);
    return error_hint(error,
                      "put them back in %s/checkpoints: they are the last backup of what the "
                      "sources held; or seal it with --without-checkpoints, and the seal says so",
                      folder);
}

void seal_put_lack(const cJSON *seal, struct buffer *out)
{
    const cJSON *entity;
    const char *before = ", without the checkpoints of ";
    cJSON_ArrayForEach(entity, member(seal, "without_checkpoints"))
    {
        buffer_printf(out, "%s%s", before, cJSON_GetStringValue(entity));
        before = ", ";
    }
}

static bool add_account(const struct sealing *sealing, struct error *error)
{
    char path[PATH_MAX];
    cJSON *account;
    return file_join(path, sizeof path, sealing->folder->path, "account.json", error) &&
           json_read_file(path, &account, error) &&
           (cJSON_AddItemToObject(sealing->seal, "account", account) || error_memory(error));
}

static bool add_head(const struct sealing *sealing, struct error *error)
{
    const struct folder *folder = sealing->folder;
    cJSON *seal = sealing->seal;
    char now[32];
    folder_stamp(now);
    bool ok = cJSON_AddNumberToObject(seal, "version", VERSION) != NULL &&
              cJSON_AddStringToObject(seal, "graduate", GRADUATE_VERSION) != NULL &&
              cJSON_AddStringToObject(seal, "sealed", now) != NULL &&
              cJSON_AddStringToObject(seal, "project", folder->project) != NULL &&
              cJSON_AddStringToObject(seal, "run", folder->run) != NULL &&
              cJSON_AddStringToObject(seal, "started", folder->started) != NULL &&
              cJSON_AddStringToObject(seal, "finished", folder->finished) != NULL;
    return ok ? true : error_memory(error);
}

static bool add_manifest(const struct sealing *sealing, struct error *error)
{
    cJSON *manifest, *seal = sealing->seal;
    if (!manifest_make(sealing->folder->path, FOLDER_SEAL, &manifest, error))
        return false;
    bool ok = cJSON_AddItemToObject(seal, "folders",
                                    cJSON_DetachItemFromObjectCaseSensitive(manifest, "folders")) &&
              cJSON_AddItemToObject(seal, "files",
                                    cJSON_DetachItemFromObjectCaseSensitive(manifest, "files"));
    cJSON_Delete(manifest);
    return ok ? true : error_memory(error);
}

static bool write_seal(const cJSON *seal, const struct folder *folder, struct error *error)
{
    char path[PATH_MAX], digest[DIGEST_SIZE];
    struct buffer text;
    char *printed = cJSON_Print(seal);
    buffer_init(&text);
    bool ok = printed != NULL ? true : error_memory(error);
    const char *body = ok ? printed + 1 : ""; /* behind its brace, which the digest stands in */
    ok = ok && manifest_digest(body, strlen(body), digest, error);
    if (ok)
        buffer_printf(&text, "%s%s%s%s", before_digest, digest, after_digest, body);
    ok = ok && buffer_ok(&text, error) &&
         file_join(path, sizeof path, folder->path, FOLDER_SEAL, error) &&
         file_replace(path, text.data, text.length, error);
    buffer_release(&text);
    cJSON_free(printed);
    return ok;
}

static bool gather(const struct sealing *sealing, struct error *error)
{
    return add_head(sealing, error) && add_mapping(sealing, error) && add_verdict(sealing, error) &&
           add_lack(sealing, error) && add_account(sealing, error) &&
           leftover_remove(sealing->folder->path, error) && add_manifest(sealing, error);
}

bool seal_make(const struct folder *folder, const struct seal_options *options, struct error *error)
{
    struct sealing sealing = {.folder = folder, .options = options};
    char path[PATH_MAX];
    if (!file_join(path, sizeof path, folder->path, "project", error) ||
        !project_load(&sealing.project, path, error))
        return false;
    sealing.seal = cJSON_CreateObject();
    bool ok = sealing.seal != NULL ? gather(&sealing, error) : error_memory(error);
    if (ok) {
        crash_point(CRASH_SEAL_MANIFEST_MADE);
        ok = write_seal(sealing.seal, folder, error);
    }
    if (ok)
        crash_point(CRASH_SEAL_WRITTEN);
    cJSON_Delete(sealing.seal);
    project_release(&sealing.project);
    return ok;
}

bool seal_lock(const char *folder, const cJSON *seal, struct error *error)
{
    return manifest_lock(folder, seal, FOLDER_SEAL, error);
}

/* ---- checking -------------------------------------------------------------------------------- */

/* The seal is as it was written: what it says of itself is so, to the byte. */
static bool is_itself(const struct buffer *text, struct error *error)
{
    const size_t first = sizeof before_digest - 1, head = first + DIGEST_SIZE - 1;
    const size_t body = head + sizeof after_digest - 1;
    const char *bytes = (const char *)text->data;
    char digest[DIGEST_SIZE];
    if (text->length < body)
        return false;
    return manifest_digest(bytes + body, text->length - body, digest, error) &&
           memcmp(bytes, before_digest, first) == 0 &&
           memcmp(bytes + first, digest, DIGEST_SIZE - 1) == 0 &&
           memcmp(bytes + head, after_digest, sizeof after_digest - 1) == 0;
}

static bool read_seal(const char *folder, cJSON **seal, struct error *error)
{
    char path[PATH_MAX];
    struct buffer text;
    *seal = NULL;
    if (!file_join(path, sizeof path, folder, FOLDER_SEAL, error))
        return false;
    if (!file_exists(path)) {
        error_set(error, ERROR_USAGE, "%s is not sealed: there is no " FOLDER_SEAL " in it",
                  folder);
        return error_hint(error, "graduate seal --run-dir %s seals a finished run", folder);
    }
    buffer_init(&text);
    bool ok = file_read(path, LARGEST_SEAL, ERROR_USAGE, &text, error);
    if (ok && !is_itself(&text, error)) {
        ok = error_set(error, ERROR_DATA, "%s itself was changed", path);
        error_hint(error, "what it vouches for cannot be known any more; look for a copy of it");
    }
    ok = ok && json_parse(buffer_text(&text), text.length, path, seal, error);
    if (ok && member_count(*seal, "version") != VERSION) {
        ok = error_set(error, ERROR_USAGE, "%s is of another version of graduate", path);
        error_hint(error, "take graduate %s to check it", member_text(*seal, "graduate"));
        cJSON_Delete(*seal);
        *seal = NULL;
    }
    buffer_release(&text);
    return ok;
}

/* Names as many as there is room for: error.h cuts a message, and the count comes first. */
static bool broken(const char *folder, const cJSON *differences, struct error *error)
{
    struct buffer list;
    const cJSON *item;
    buffer_init(&list);
    cJSON_ArrayForEach(item, differences)
    {
        buffer_printf(&list, "%s%s", list.length > 0 ? "; " : "", item->valuestring);
    }
    int count = cJSON_GetArraySize(differences);
    error_set(error, ERROR_DATA, "%s is not as it was sealed, %d difference%s: %s", folder, count,
              count == 1 ? "" : "s", buffer_text(&list));
    buffer_release(&list);
    return error_hint(error, "look for an unchanged copy of the folder; this one proves nothing");
}

bool seal_check(const char *folder, cJSON **seal, struct error *error)
{
    cJSON *now = NULL, *differences = NULL;
    if (!read_seal(folder, seal, error))
        return false;
    bool ok = manifest_make(folder, FOLDER_SEAL, &now, error) &&
              manifest_compare(*seal, now, &differences, error);
    if (ok && cJSON_GetArraySize(differences) > 0)
        ok = broken(folder, differences, error);
    cJSON_Delete(now);
    cJSON_Delete(differences);
    if (!ok) {
        cJSON_Delete(*seal);
        *seal = NULL;
    }
    return ok;
}
