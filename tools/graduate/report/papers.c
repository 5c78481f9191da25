#include "papers.h"
#include "loss_sample.h"
#include "member.h"
#include "verifier.h"

bool papers_read(struct papers *papers, struct error *error)
{
    char account[PATH_MAX], facts[PATH_MAX], losses[PATH_MAX];
    const struct folder *folder = papers->folder;
    return folder_file(folder, "account.json", account, error) &&
           folder_file(folder, "facts.json", facts, error) &&
           folder_file(folder, "losses.jsonl", losses, error) &&
           member_read_file(account, &papers->account, error) &&
           member_read_file(facts, &papers->facts, error) &&
           verifier_read(folder, &papers->verdict, error) &&
           loss_sample_read(losses, &papers->losses, error);
}

void papers_release(struct papers *papers)
{
    cJSON_Delete(papers->account);
    cJSON_Delete(papers->facts);
    cJSON_Delete(papers->verdict);
    cJSON_Delete(papers->losses);
}

/* A copy of what is there, else nothing of that kind. */
bool papers_add_copy(cJSON *json, const char *name, const cJSON *value, cJSON *(*nothing)(void))
{
    return cJSON_AddItemToObject(json, name,
                                 value != NULL ? cJSON_Duplicate(value, true) : nothing());
}
