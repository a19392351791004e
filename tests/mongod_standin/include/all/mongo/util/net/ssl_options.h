#pragma once

#include "server/tls.h"
