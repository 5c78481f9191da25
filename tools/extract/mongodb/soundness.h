/* soundness.h: whether a BSON document can be walked without ever reading outside of it.
 *
 * Readers that take documents as bytes (an export, a server) let none pass that is not sound, so
 * that everything behind them may walk a document without a thought. Text is not looked at: invalid
 * UTF-8 is a matter of the mapping's rules. */
#ifndef EXTRACT_SOUNDNESS_H
#define EXTRACT_SOUNDNESS_H

#include <stddef.h>
#include <stdint.h>

/* NULL for a sound document, all that is nested in it included; else what is wrong with it, and in
 * *at the byte of the document where. */
const char *soundness_problem(const uint8_t *bytes, size_t length, size_t *at);

#endif
