#pragma once

// From 5.0 on the peer's information has a header of its own.
#if STANDIN_LINE < 500
#include "server/tls_peer.h"
#endif
