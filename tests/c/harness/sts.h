/* What stands where STS would be. */
#ifndef MAWS_TEST_STS_H
#define MAWS_TEST_STS_H

#include <stdbool.h>
#include <stdint.h>

#include "client.h"
#include "host.h"

/* A socket that accepts connections and never says a word: every verification stays pending. */
typedef struct silent_sts {
    int socket;
    char endpoint[64];
} silent_sts;
void silent_sts_open(silent_sts* sts);
void silent_sts_close(silent_sts* sts);
/* The same, but each connection is closed at once, by a thread that runs until the process ends:
 * every verification fails. */
void rude_sts_open(silent_sts* sts);
/* A host whose verifications go there. */
void host_start_silent(host* h, silent_sts* sts);
/* Both steps, up to PENDING. With a silent STS it stays there, otherwise it ends as a failure. */
void login_until_pending(login* l, host* h);

/* Begins a login and sends both messages of this client; gives the status of the second. */
maws_status login_send(login* l, host* h, const credentials* who);

/* The emulator that with_sts.py started. */
void host_start_with_emulator(host* h);
/* A request to its control port, for example "POST /hold"; gives the HTTP status. */
int sts_control(const char* request);

#endif
