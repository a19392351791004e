#pragma once

#include "server/status_section.h"
