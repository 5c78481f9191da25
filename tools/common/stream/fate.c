#include "graduate/fate.h"

const char *const fate_names[FATE_COUNT] = {
    [FATE_SEEN] = "seen",         [FATE_DROPPED] = "dropped",     [FATE_REST] = "rest",
    [FATE_WRITTEN] = "written",   [FATE_DEFAULTED] = "defaulted", [FATE_LOST] = "lost",
    [FATE_REJECTED] = "rejected",
};
