#include "seal.h"
#include "manifest.h"
#include "member.h"
#include "verifier.h"

#include "graduate/file.h"
#include "graduate/json.h"
#include "graduate/project.h"

#include <stdio.h>
#include <string.h>

enum { VERSION = 1, LARGEST_SEAL = 64 << 20 };

/* What stands before the digest, and between it and what it is of. */
static const char before_digest[] = "{\n\t\"sha256\":\t\"", after_digest[] = "\",";

static const char *const outcome_names[] = {
    [VERIFIER_HOLDS] = "holds",
    [VERIFIER_PARTLY] = "partly",
    [VERIFIER_UNCHECKED] = "unchecked",
    [VERIFIER_DIFFERS] = "differs",
};

/* ---- making ---------------------------------------------------------------------------------- */

static bool add_verdict(cJSON *seal, const cJSON *verdict)
{
    const cJSON *level;
    if (verdict == NULL)
        return cJSON_AddStringToObject(seal, "verdict", "unverified") != NULL;
    bool ok =
        cJSON_AddStringToObject(seal, "verdict", outcome_names[verifier_outcome(verdict)]) != NULL;
    cJSON *levels = cJSON_AddObjectToObject(seal, "levels");
    cJSON_ArrayForEach(level, member(verdict, "levels"))
    {
        ok = ok && cJSON_AddStringToObject(levels, member_text(level, "level"),
                                           member_text(level, "verdict")) != NULL;
    }
    return ok;
}

static bool get_verdict(const struct folder *folder, bool unverified, cJSON **verdict,
                        struct error *error)
{
    if (!verifier_read(folder, verdict, error))
        return false;
    enum verifier_outcome outcome = verifier_outcome(*verdict);
    if (unverified || outcome == VERIFIER_HOLDS || outcome == VERIFIER_DIFFERS)
        return true;
    error_set(error, ERROR_REFUSED, "the run in %s is %s", folder->path,
              *verdict != NULL ? "verified only in part" : "not verified");
    return error_hint(error,
                      "graduate verify --run-dir %s does so at all levels; or seal it with "
                      "--unverified, and the seal says what it is",
                      folder->path);
}

/* The mapping that the folder keeps, which must be the one that the ledger names. */
static bool add_mapping(cJSON *seal, const struct folder *folder, struct error *error)
{
    struct project project;
    char path[PATH_MAX], fingerprint[DIGEST_SIZE];
    cJSON *facts = NULL;
    if (!file_join(path, sizeof path, folder->path, "facts.json", error) ||
        !json_read_file(path, &facts, error))
        return false;
    bool ok = file_join(path, sizeof path, folder->path, "project", error) &&
              project_load(&project, path, error);
    if (ok) {
        ok = project_fingerprint(&project, fingerprint, error);
        if (ok && strcmp(fingerprint, member_text(facts, "fingerprint")) != 0) {
            ok = error_set(error, ERROR_DATA, "the mapping in %s is not the one of the run", path);
            error_hint(error, "somebody changed it there; restore it, or do not seal this run");
        }
        if (ok && (cJSON_AddStringToObject(seal, "fingerprint", fingerprint) == NULL ||
                   !cJSON_AddItemToObject(seal, "mapping", cJSON_Duplicate(project.files, true))))
            ok = error_memory(error);
        project_release(&project);
    }
    cJSON_Delete(facts);
    return ok;
}

static bool add_account(cJSON *seal, const struct folder *folder, struct error *error)
{
    char path[PATH_MAX];
    cJSON *account;
    return file_join(path, sizeof path, folder->path, "account.json", error) &&
           json_read_file(path, &account, error) &&
           (cJSON_AddItemToObject(seal, "account", account) || error_memory(error));
}

static bool add_head(cJSON *seal, const struct folder *folder)
{
    char now[32];
    folder_stamp(now);
    return cJSON_AddNumberToObject(seal, "version", VERSION) != NULL &&
           cJSON_AddStringToObject(seal, "graduate", GRADUATE_VERSION) != NULL &&
           cJSON_AddStringToObject(seal, "sealed", now) != NULL &&
           cJSON_AddStringToObject(seal, "project", folder->project) != NULL &&
           cJSON_AddStringToObject(seal, "run", folder->run) != NULL &&
           cJSON_AddStringToObject(seal, "started", folder->started) != NULL &&
           cJSON_AddStringToObject(seal, "finished", folder->finished) != NULL;
}

static bool add_manifest(cJSON *seal, const struct folder *folder, struct error *error)
{
    cJSON *manifest;
    if (!manifest_make(folder->path, FOLDER_SEAL, &manifest, error))
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

bool seal_make(const struct folder *folder, bool unverified, struct error *error)
{
    cJSON *verdict = NULL, *seal = cJSON_CreateObject();
    bool ok = seal != NULL ? get_verdict(folder, unverified, &verdict, error) : error_memory(error);
    if (ok && !(add_head(seal, folder) && add_verdict(seal, verdict)))
        ok = error_memory(error);
    ok = ok && add_mapping(seal, folder, error) && add_account(seal, folder, error) &&
         add_manifest(seal, folder, error) && write_seal(seal, folder, error) &&
         seal_lock(folder->path, seal, error);
    cJSON_Delete(verdict);
    cJSON_Delete(seal);
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
        error_set(error, ERROR_USAGE, "%s is not sealed: there is no " FOLDER_SEAL " in it", folder);
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
