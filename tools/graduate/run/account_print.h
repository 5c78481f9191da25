/* account_print.h: the end of a run, for people. */
#ifndef GRADUATE_DRIVER_ACCOUNT_PRINT_H
#define GRADUATE_DRIVER_ACCOUNT_PRINT_H

#include "folder.h"
#include "loss_list.h"
#include "objects.h"
#include "witness.h"

#include "graduate/account.h"

struct account_papers {
    const struct account *account;
    const struct loss_list *losses;
    const struct objects *objects;
    const struct witness_list *witnesses;
    const cJSON *unmet, *hex_ids, *filters; /* unmet.h, hex_ids.h, filters.h */
    const struct project *project;
    const struct folder *folder;
};

/* What happened to every record, what each table holds, the balance, what the sources counted, what
 * changed on the way, the warnings, what became of the objects beside the records; then what is
 * left out and what stays, and why. */
void account_print(const struct account_papers *papers, struct buffer *out);

/* What a rule's losses ask of the founder; "" where its name says it. */
const char *account_print_meaning(const char *rule);

/* The word of fate.h as people read it. */
const char *account_print_term(enum fate term);
/* A line that warns of ids that are text and would be nowhere as they are; nothing where there is
 * no such entity. Also of a plan. */
void account_print_text_ids(const struct project *project, struct buffer *out);
/* A line for every column whose ids nobody checks. Also of a plan. */
void account_print_loose_ids(const struct project *project, struct buffer *out);
/* A line that says what is not proven of values that the sources compute ("sql"); nothing where
 * there are none. Also of a plan. */
void account_print_computed(const struct project *project, struct buffer *out);
/* What is left out and what stays: also of a plan. */
void account_print_behind(const struct project *project, struct buffer *out);

#endif
