#include "server/log_v2.h"
