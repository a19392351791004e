#pragma once

#include "server/thread_name.h"
