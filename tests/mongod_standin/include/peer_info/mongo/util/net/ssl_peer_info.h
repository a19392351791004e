#pragma once

#include "server/tls_peer.h"
