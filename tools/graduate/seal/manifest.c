#include "manifest.h"
#include "member.h"

#include "graduate/crash.h"
#include "graduate/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 256 << 10 };

static bool no_digest(struct error *error)
{
    error_set(error, ERROR_TARGET, "this machine's OpenSSL gives no SHA-256");
    return error_hint(error, "see that libcrypto is whole, and run again");
}

static bool put_hex(const uint8_t *digest, unsigned size, char out[DIGEST_SIZE],
                    struct error *error)
{
    if (2 * size + 1 != DIGEST_SIZE)
        return no_digest(error);
    for (unsigned i = 0; i < size; i++)
        snprintf(out + 2 * (size_t)i, 3, "%02x", digest[i]);
    return true;
}

bool manifest_digest(const void *bytes, size_t length, char out[DIGEST_SIZE], struct error *error)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_Digest(bytes, length, digest, &size, EVP_sha256(), NULL) != 1)
        return no_digest(error);
    return put_hex(digest, size, out, error);
}

static bool hash_all(EVP_MD_CTX *hash, int fd, const char *path, int64_t *bytes,
                     struct error *error)
{
    uint8_t *chunk = malloc(CHUNK);
    size_t got = 1;
    bool ok = chunk != NULL ? true : error_memory(error);
    for (*bytes = 0; ok && got > 0; *bytes += (int64_t)got) {
        ok = file_read_full(fd, path, chunk, CHUNK, &got, error);
        if (ok && EVP_DigestUpdate(hash, chunk, got) != 1)
            ok = no_digest(error);
    }
    free(chunk);
    return ok;
}

bool manifest_digest_file(const char *path, char out[DIGEST_SIZE], int64_t *bytes,
                          struct error *error)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return error_set_errno(error, ERROR_TARGET, "cannot open %s", path);
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool ok =
        hash != NULL && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1 ? true : no_digest(error);
    ok = ok && hash_all(hash, fd, path, bytes, error);
    if (ok)
        ok = EVP_DigestFinal_ex(hash, digest, &size) == 1 ? put_hex(digest, size, out, error)
                                                          : no_digest(error);
    EVP_MD_CTX_free(hash);
    close(fd);
    return ok;
}

/* ---- making ---------------------------------------------------------------------------------- */

struct walk {
    const char *folder, *without;
    cJSON *folders, *files;
};

static bool add_file(const struct walk *walk, const char *relative, const char *path,
                     struct error *error)
{
    char digest[DIGEST_SIZE];
    int64_t size;
    if (!manifest_digest_file(path, digest, &size, error))
        return false;
    cJSON *item = cJSON_CreateObject();
    return cJSON_AddItemToArray(walk->files, item) &&
                   cJSON_AddStringToObject(item, "path", relative) != NULL &&
                   cJSON_AddNumberToObject(item, "size", (double)size) != NULL &&
                   cJSON_AddStringToObject(item, "sha256", digest) != NULL
               ? true
               : error_memory(error);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_inside(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static bool walk_folder(const struct walk *walk, const char *relative, struct error *error);

static bool walk_entry(const struct walk *walk, const char *relative, struct error *error)
{
    char path[PATH_MAX];
    struct stat info;
    if (strcmp(relative, walk->without) == 0)
        return true;
    if (!file_join(path, sizeof path, walk->folder, relative, error))
        return false;
    if (lstat(path, &info) != 0)
        return error_set_errno(error, ERROR_TARGET, "cannot look at %s", path);
    if (S_ISREG(info.st_mode))
        return add_file(walk, relative, path, error);
    if (S_ISDIR(info.st_mode))
        return cJSON_AddItemToArray(walk->folders, cJSON_CreateString(relative))
                   ? walk_folder(walk, relative, error)
                   : error_memory(error);
    error_set(error, ERROR_DATA, "%s is neither a file nor a folder", path);
    return error_hint(error, "it is none of graduate's making: take it away, and run again");
}

static bool walk_folder(const struct walk *walk, const char *relative, struct error *error)
{
    char path[PATH_MAX], inner[PATH_MAX];
    struct dirent **entries = NULL;
    if (!file_join(path, sizeof path, walk->folder, relative, error))
        return false;
    int count = scandir(path, &entries, is_inside, by_name);
    bool ok =
        count >= 0 ? true : error_set_errno(error, ERROR_TARGET, "cannot read the folder %s", path);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        ok = ok && file_join(inner, sizeof inner, relative, name, error) &&
             walk_entry(walk, strcmp(relative, ".") == 0 ? name : inner, error);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

bool manifest_make(const char *folder, const char *without, cJSON **manifest, struct error *error)
{
    cJSON *json = cJSON_CreateObject();
    struct walk walk = {.folder = folder, .without = without};
    walk.folders = cJSON_AddArrayToObject(json, "folders");
    walk.files = cJSON_AddArrayToObject(json, "files");
    bool ok = walk.folders != NULL && walk.files != NULL ? walk_folder(&walk, ".", error)
                                                         : error_memory(error);
    if (ok)
        *manifest = json;
    else
        cJSON_Delete(json);
    return ok;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static bool tell(cJSON *differences, const char *path, const char *what)
{
    char text[PATH_MAX + 64];
    snprintf(text, sizeof text, "%s: %s", path, what);
    return cJSON_AddItemToArray(differences, cJSON_CreateString(text));
}

static bool has_text(const cJSON *array, const char *text)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, text) == 0)
            return true;
    }
    return false;
}

/* The folders of `these` that are not among `those`. */
static bool compare_folders(const cJSON *these, const cJSON *those, const char *what,
                            cJSON *differences)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, these)
    {
        if (cJSON_IsString(item) && !has_text(those, item->valuestring) &&
            !tell(differences, item->valuestring, what))
            return false;
    }
    return true;
}

static bool compare_file(const cJSON *was, const cJSON *is, cJSON *differences)
{
    const char *path = member_text(was, "path");
    if (is == NULL)
        return tell(differences, path, "the file is gone");
    if (member_number(was, "size") != member_number(is, "size"))
        return tell(differences, path, "its size changed");
    if (strcmp(member_text(was, "sha256"), member_text(is, "sha256")) != 0)
        return tell(differences, path, "its content changed");
    return true;
}

bool manifest_compare(const cJSON *before, const cJSON *now, cJSON **differences,
                      struct error *error)
{
    const cJSON *was = member(before, "files"), *is = member(now, "files"), *item;
    cJSON *list = cJSON_CreateArray();
    bool ok = list != NULL;
    cJSON_ArrayForEach(item, was)
    {
        ok = ok && compare_file(item, member_find(is, "path", member_text(item, "path")), list);
    }
    cJSON_ArrayForEach(item, is)
    {
        const char *path = member_text(item, "path");
        if (member_find(was, "path", path) == NULL)
            ok = ok && tell(list, path, "the file was added");
    }
    ok = ok &&
         compare_folders(member(before, "folders"), member(now, "folders"), "the folder is gone",
                         list) &&
         compare_folders(member(now, "folders"), member(before, "folders"), "the folder was added",
                         list);
    if (ok) {
        *differences = list;
        return true;
    }
    cJSON_Delete(list);
    return error_memory(error);
}

/* ---- locking --------------------------------------------------------------------------------- */

static bool take_right(const char *folder, const char *relative, mode_t mode, struct error *error)
{
    char path[PATH_MAX];
    if (!file_join(path, sizeof path, folder, relative, error))
        return false;
    if (chmod(path, mode) != 0)
        return error_set_errno(error, ERROR_TARGET, "cannot make %s read-only", path);
    crash_point(CRASH_SEAL_RIGHT_TAKEN);
    return true;
}

bool manifest_lock(const char *folder, const cJSON *manifest, const char *without,
                   struct error *error)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, member(manifest, "files"))
    {
        if (!take_right(folder, member_text(item, "path"), 0400, error))
            return false;
    }
    cJSON_ArrayForEach(item, member(manifest, "folders"))
    {
        if (!take_right(folder, item->valuestring, 0500, error))
            return false;
    }
    return take_right(folder, without, 0400, error) && take_right(folder, ".", 0500, error);
}
